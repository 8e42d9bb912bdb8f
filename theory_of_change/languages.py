"""Which language codes exist, so that `ita` or `eng` is caught where it is written.

Two letters where ISO 639-1 has them, as BCP 47 asks, three letters for the languages it has not. Nothing here
translates.
"""

from __future__ import annotations

#: ISO 639-1 code and the ISO 639-2 codes (terminological, bibliographic) of the same language.
_PAIRS = """
    aa=aar ab=abk ae=ave af=afr ak=aka am=amh an=arg ar=ara as=asm av=ava ay=aym az=aze ba=bak be=bel bg=bul bh=bih
    bi=bis bm=bam bn=ben bo=bod,tib br=bre bs=bos ca=cat ce=che ch=cha co=cos cr=cre cs=ces,cze cu=chu cv=chv
    cy=cym,wel da=dan de=deu,ger dv=div dz=dzo ee=ewe el=ell,gre en=eng eo=epo es=spa et=est eu=eus,baq fa=fas,per
    ff=ful fi=fin fj=fij fo=fao fr=fra,fre fy=fry ga=gle gd=gla gl=glg gn=grn gu=guj gv=glv ha=hau he=heb hi=hin
    ho=hmo hr=hrv ht=hat hu=hun hy=hye,arm hz=her ia=ina id=ind ie=ile ig=ibo ii=iii ik=ipk io=ido is=isl,ice it=ita
    iu=iku ja=jpn jv=jav ka=kat,geo kg=kon ki=kik kj=kua kk=kaz kl=kal km=khm kn=kan ko=kor kr=kau ks=kas ku=kur
    kv=kom kw=cor ky=kir la=lat lb=ltz lg=lug li=lim ln=lin lo=lao lt=lit lu=lub lv=lav mg=mlg mh=mah mi=mri,mao
    mk=mkd,mac ml=mal mn=mon mr=mar ms=msa,may mt=mlt my=mya,bur na=nau nb=nob nd=nde ne=nep ng=ndo nl=nld,dut
    nn=nno no=nor nr=nbl nv=nav ny=nya oc=oci oj=oji om=orm or=ori os=oss pa=pan pi=pli pl=pol ps=pus pt=por qu=que
    rm=roh rn=run ro=ron,rum ru=rus rw=kin sa=san sc=srd sd=snd se=sme sg=sag si=sin sk=slk,slo sl=slv sm=smo sn=sna
    so=som sq=sqi,alb sr=srp ss=ssw st=sot su=sun sv=swe sw=swa ta=tam te=tel tg=tgk th=tha ti=tir tk=tuk tl=tgl
    tn=tsn to=ton tr=tur ts=tso tt=tat tw=twi ty=tah ug=uig uk=ukr ur=urd uz=uzb ve=ven vi=vie vo=vol wa=wln wo=wol
    xh=xho yi=yid yo=yor za=zha zh=zho,chi zu=zul
"""
_TWO_LETTERS: dict[str, str] = {}
for _pair in _PAIRS.split():
    _two, _threes = _pair.split("=")
    _TWO_LETTERS |= {_two: _two} | dict.fromkeys(_threes.split(","), _two)

#: What people write instead of the code, for the languages the programme is most likely to speak.
_NAMES = {
    "italiano": "it", "italian": "it", "inglese": "en", "english": "en", "gb": "en", "uk_en": "en",
    "francese": "fr", "french": "fr", "français": "fr", "tedesco": "de", "german": "de", "deutsch": "de",
    "spagnolo": "es", "spanish": "es", "español": "es", "sloveno": "sl", "slovene": "sl", "arabo": "ar", "arabic": "ar",
    "cinese": "zh", "chinese": "zh", "rumeno": "ro", "romanian": "ro", "albanese": "sq", "albanian": "sq",
    "ucraino": "uk", "ukrainian": "uk",
}  # fmt: skip


def code_for(written: str) -> str | None:
    """The code to write instead of `written`, or None when we cannot tell; `written` itself where it is right."""
    primary, _, rest = written.partition("-")
    folded = primary.casefold()
    two = _TWO_LETTERS.get(folded)
    if two:
        return f"{two}-{rest}" if rest else two
    if len(primary) == 3 and primary == folded and primary.isascii() and primary.isalpha():
        return written
    return _NAMES.get(folded)
