-- The sieve for words an organisation adds to its report: what could act, or reach elsewhere, becomes plain words.

local function words(inlines)
  return pandoc.Str(pandoc.utils.stringify(inlines))
end

function RawInline(el) return pandoc.Str(el.text) end
function RawBlock(el) return pandoc.Para({ pandoc.Str(el.text) }) end
function Math(el) return pandoc.Str(el.text) end

-- A code block is shown as written; no class may make it a cell that something runs.
function CodeBlock(el) return pandoc.CodeBlock(el.text) end
function Code(el)
  local text = el.text:gsub("^{", " {")
  return pandoc.Code(text)
end

-- A picture must lie in the workspace; its place is checked and the file copied by the reader of additions.
function Image(el)
  if el.src:match("^%a[%w+.-]*:") or el.src:match("^/") or el.src:match("^//") then
    return words(el.caption)
  end
  return pandoc.Image(el.caption, "picture:" .. el.src, "", {})
end

-- Links to the web stay as links; any other scheme, such as a script, becomes its words.
function Link(el)
  if el.target:match("^https?://") or el.target:match("^mailto:") or el.target:match("^#") then
    return pandoc.Link(el.content, el.target)
  end
  return words(el.content)
end

function Span(el) return el.content end
function Div(el) return el.content end

-- Headings stand below the section's own, whatever level they were written at.
function Pandoc(doc)
  local highest = 6
  doc:walk({ Header = function(h) highest = math.min(highest, h.level) end })
  return doc:walk({
    Header = function(h) return pandoc.Header(math.min(h.level - highest + 2, 6), h.content) end,
  })
end
