"""Writes tiny.ttf, a font of blocks: an Arabic letter whose four forms differ in width, and a Chinese one. Needs fontTools."""
import sys

from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

widths = {".notdef": 500, "space": 250, "beh": 600, "beh.init": 300, "beh.medi": 200, "beh.fina": 700, "flower": 1000}


def block(width):
    pen = TTGlyphPen(None)
    pen.moveTo((20, 0))
    for point in [(20, 600), (width - 20, 600), (width - 20, 0)]:
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()


font = FontBuilder(1000, isTTF=True)
font.setupGlyphOrder(list(widths))
font.setupCharacterMap({0x20: "space", 0x628: "beh", 0x82B1: "flower"})
font.setupGlyf({name: TTGlyphPen(None).glyph() if name == "space" else block(width) for name, width in widths.items()})
font.setupHorizontalMetrics({name: (width, 20) for name, width in widths.items()})
font.setupHorizontalHeader(ascent=800, descent=-200)
font.setupNameTable({"familyName": "Tiny Blocks", "styleName": "Regular"})
font.setupOS2(sTypoAscender=800, sTypoDescender=-200)
font.setupPost()
forms = "".join("feature %s { script arab; sub beh by beh.%s; } %s;\n" % (f, f, f) for f in ["init", "medi", "fina"])
addOpenTypeFeaturesFromString(font.font, "languagesystem DFLT dflt; languagesystem arab dflt;\n" + forms)
font.save(sys.argv[1])
