"""LimeSurvey, over RemoteControl 2 (JSON-RPC): the only place that talks to it.

`account` knows where the server is and who asks, `client` keeps the session and makes the calls, `replies` tells every
answer the server may give from every other, `exports` fetches answers, `snapshot` writes and reads them as a delivery,
`structure` fetches the questionnaire. What the answers mean is in the contracts; landing them is no business of these.
"""
