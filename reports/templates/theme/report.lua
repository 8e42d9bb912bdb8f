-- What the report's Markdown means in each format: text alternatives, table semantics, boxes, landscape pages.
-- pandoc and Quarto run this same filter.

local html = FORMAT:match("html") ~= nil
local typst = FORMAT == "typst"
local docx = FORMAT == "docx"
local wide_label = ""

local function has(el, class)
  for _, name in ipairs(el.classes) do
    if name == class then return true end
  end
  return false
end

local function quoted(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"'
end

local function wrapped(open, blocks, close)
  local all = { pandoc.RawBlock("typst", open) }
  for _, block in ipairs(blocks) do all[#all + 1] = block end
  all[#all + 1] = pandoc.RawBlock("typst", close)
  return all
end

local function styled(el, style)
  el.attributes["custom-style"] = style
  return el
end

local read_meta = {
  Meta = function(meta)
    if meta["wide-label"] then wide_label = pandoc.utils.stringify(meta["wide-label"]) end
  end,
}

-- Pictures -----------------------------------------------------------------------------------------------------------

local function picture(el)
  local alt = el.attributes["fig-alt"] or el.attributes["alt"] or pandoc.utils.stringify(el.caption)
  el.attributes["fig-alt"] = nil
  el.attributes["alt"] = alt
  if docx then
    el.src = el.src:gsub("%.svg$", ".png")
    el.attributes["width"] = el.attributes["paper-width"] or "110mm"
  end
  if not typst then el.attributes["paper-width"] = nil end
  return el
end

-- A drawing with a page of its own beside it: a browser shows that, with its links and its script.
local function living(image)
  local file = io.open((image.src:gsub("%.svg$", ".html")))
  if not file then return image end
  local text = file:read("a")
  file:close()
  return pandoc.RawInline("html", text)
end

local function figure(el)
  if html then
    el:walk({ Image = function(image) for _, class in ipairs(image.classes) do el.classes:insert(class) end end })
    return has(el, "diagram") and el:walk({ Image = living }) or el
  end
  if not typst then return nil end
  local image
  el:walk({ Image = function(found) image = found end })
  if not image then return nil end
  local width = image.attributes["paper-width"] or "100%"
  local open = "#figure(image(" .. quoted(image.src) .. ", width: " .. width .. ", alt: " .. quoted(image.attributes["alt"] or "")
    .. "), caption: ["
  local caption = el.caption.long
  local blocks = wrapped(open, caption, "])")
  return pandoc.Div(blocks)
end

-- Tables -------------------------------------------------------------------------------------------------------------

local function attributed(attr, ...)
  local values = { ... }  -- name, value, name, value: a list, because a table has no order
  for i = 1, #values, 2 do attr.attributes[values[i]] = values[i + 1] end
  return attr
end

local function semantics(el)
  local headers = {}
  el.attr = attributed(el.attr, "role", "table")
  el.head.attr = attributed(el.head.attr, "role", "rowgroup")
  for _, row in ipairs(el.head.rows) do
    row.attr = attributed(row.attr, "role", "row")
    for number, cell in ipairs(row.cells) do
      headers[number] = pandoc.utils.stringify(cell.contents)
      cell.attr = attributed(cell.attr, "scope", "col", "role", "columnheader")
    end
  end
  for _, body in ipairs(el.bodies) do
    body.row_head_columns = 1
    body.attr = attributed(body.attr, "role", "rowgroup")
    for _, row in ipairs(body.body) do
      row.attr = attributed(row.attr, "role", "row")
      for number, cell in ipairs(row.cells) do
        if number == 1 then
          cell.attr = attributed(cell.attr, "scope", "row", "role", "rowheader")
        else
          cell.attr = attributed(cell.attr, "role", "cell", "data-label", headers[number] or "")
          if pandoc.utils.stringify(cell.contents) == "–" then cell.attr.classes:insert("none") end
        end
      end
    end
  end
  return el
end

-- Words with a meaning -----------------------------------------------------------------------------------------------

local STYLES = { big = "Key Figure Text", under = "Under" }

local function span(el)
  if html then return nil end
  for _, class in ipairs(el.classes) do
    if class == "screen" then return {} end
    if class == "status" then
      local kind = el.classes[2] or "no-data"
      if typst then
        local all = pandoc.List({ pandoc.RawInline("typst", "#status(" .. quoted(kind) .. ")[") })
        all:extend(el.content)
        all:insert(pandoc.RawInline("typst", "]"))
        return all
      end
      return styled(el, "Status " .. kind)
    end
    if STYLES[class] then
      if typst then
        local all = pandoc.List({ pandoc.RawInline("typst", "#" .. class .. "[") })
        all:extend(el.content)
        all:insert(pandoc.RawInline("typst", "]"))
        return all
      end
      local style = styled(el, STYLES[class])
      return class == "under" and { pandoc.LineBreak(), style } or style
    end
  end
end

-- Boxes --------------------------------------------------------------------------------------------------------------

local BOXES = { lead = "Lead", note = "Note", warn = "Warning" }

-- Ends a section of Word's with pages of this size in millimetres; no size is A4 upright.
local function section_break(width, height)
  local function twips(length) return string.format("%d", math.floor(length / 25.4 * 1440 + 0.5)) end
  width, height = width or 210, height or 297
  local orient = width > height and ' w:orient="landscape"' or ""
  local size = '<w:pgSz w:w="' .. twips(width) .. '" w:h="' .. twips(height) .. '"' .. orient .. "/>"
  local margins = '<w:pgMar w:top="1134" w:right="1304" w:bottom="1134" w:left="1304" w:header="567" w:footer="567" w:gutter="0"/>'
  return pandoc.RawBlock("openxml", "<w:p><w:pPr><w:spacing w:before=\"0\" w:after=\"0\"/><w:sectPr>" .. size .. margins
    .. "</w:sectPr></w:pPr></w:p>")
end

local function cells(blocks)
  local all = {}
  for _, block in ipairs(blocks) do
    all[#all + 1] = pandoc.RawBlock("typst", "[")
    all[#all + 1] = block
    all[#all + 1] = pandoc.RawBlock("typst", "],")
  end
  return all
end

local function box(el)
  for _, class in ipairs(el.classes) do
    if BOXES[class] then
      if typst then return wrapped("#" .. class .. "[", el.content, "]") end
      if docx then return styled(el, BOXES[class]) end
    elseif class == "annex" and typst then
      return wrapped("#annex[", el.content, "]")
    elseif class == "landscape" then
      local width, height = el.attributes["paper-width"] or "297mm", el.attributes["paper-height"] or "210mm"
      el.attributes["paper-width"], el.attributes["paper-height"] = nil, nil
      if html then
        el.attributes["tabindex"], el.attributes["role"], el.attributes["aria-label"] = "0", "region", wide_label
        return el
      end
      if typst then return wrapped("#sheet(" .. width .. ", " .. height .. ")[", el.content, "]") end
      if docx then
        local all = { section_break() }
        for _, block in ipairs(el.content) do all[#all + 1] = block end
        -- Word knows no page longer than 22 inches
        all[#all + 1] = section_break(math.min(tonumber((width:gsub("mm", ""))), 558), math.min(tonumber((height:gsub("mm", ""))), 558))
        return all
      end
    elseif typst and (class == "keys" or class == "charts") then
      local name = has(el, "single") and "#chart(" or ("#" .. class .. "(")
      return wrapped(name, cells(el.content), ")")
    elseif docx and class == "key" then
      if el.content[1] then el.content[1] = pandoc.Div({ el.content[1] }, pandoc.Attr("", {}, { ["custom-style"] = "Key Figure" })) end
      if el.content[2] then el.content[2] = pandoc.Div({ el.content[2] }, pandoc.Attr("", {}, { ["custom-style"] = "Key Label" })) end
      return el.content
    end
  end
end

-- Word has no template: the cover's lines stand under the title, then a new page begins.
local function cover(doc)
  local blocks = pandoc.List({})
  local function line(inlines, style)
    blocks:insert(pandoc.Div({ pandoc.Para(inlines) }, pandoc.Attr("", {}, { ["custom-style"] = style })))
  end
  local meta = doc.meta
  if meta.organisation then line(meta.organisation, "Cover Organisation") end
  for _, entry in ipairs(meta.cover or {}) do line(entry, "Cover") end
  if meta.warning then line(meta.warning, "Warning") end
  if meta.logo then
    local source = pandoc.utils.stringify(meta.logo):gsub("%.svg$", ".png")
    local alt = meta.organisation and pandoc.utils.stringify(meta.organisation) or ""
    local image = pandoc.Image({}, source, "", pandoc.Attr("", {}, { height = "1.4cm", alt = alt }))
    blocks:insert(1, pandoc.Para({ image }))
  end
  blocks:insert(pandoc.RawBlock("openxml", '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'))
  blocks:extend(doc.blocks)
  doc.blocks = blocks
  return doc
end

return {
  read_meta,
  { Pandoc = docx and cover or nil },
  { Image = picture },
  { Figure = figure, Table = html and semantics or nil, Span = span, Div = box },
}
