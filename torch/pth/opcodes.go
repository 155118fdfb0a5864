package pth

import "fmt"

// The opcodes of pickle's protocols 2 to 5 that picklers emit for plain data.
const (
	opMark            = '('
	opStop            = '.'
	opBinInt          = 'J'
	opBinInt1         = 'K'
	opBinInt2         = 'M'
	opNone            = 'N'
	opBinPersID       = 'Q'
	opReduce          = 'R'
	opBinString       = 'T' // Python 2's str
	opShortBinString  = 'U' // Python 2's str
	opBinUnicode      = 'X'
	opAppend          = 'a'
	opBuild           = 'b'
	opGlobal          = 'c'
	opAppends         = 'e'
	opBinGet          = 'h'
	opLongBinGet      = 'j'
	opBinPut          = 'q'
	opLongBinPut      = 'r'
	opSetItem         = 's'
	opTuple           = 't'
	opSetItems        = 'u'
	opBinFloat        = 'G'
	opEmptyDict       = '}'
	opEmptyList       = ']'
	opEmptyTuple      = ')'
	opProto           = 0x80
	opNewObj          = 0x81
	opTuple1          = 0x85
	opTuple2          = 0x86
	opTuple3          = 0x87
	opNewTrue         = 0x88
	opNewFalse        = 0x89
	opLong1           = 0x8a
	opLong4           = 0x8b
	opBinBytes        = 'B'
	opShortBinBytes   = 'C'
	opShortBinUnicode = 0x8c
	opBinUnicode8     = 0x8d
	opBinBytes8       = 0x8e
	opEmptySet        = 0x8f
	opAddItems        = 0x90
	opFrozenSet       = 0x91
	opNewObjEx        = 0x92
	opStackGlobal     = 0x93
	opMemoize         = 0x94
	opFrame           = 0x95
	opByteArray8      = 0x96
)

// refusedOps are the opcodes of pickle that are left out on purpose: what they are for.
var refusedOps = map[byte]string{
	'0':  "POP, which only self-referring values need",
	'1':  "POP_MARK, which only self-referring values need",
	'2':  "DUP, which no pickler writes",
	'F':  "FLOAT of pickle protocol 0",
	'I':  "INT of pickle protocol 0",
	'L':  "LONG of pickle protocol 0",
	'P':  "PERSID of pickle protocol 0",
	'S':  "STRING of pickle protocol 0",
	'V':  "UNICODE of pickle protocol 0",
	'd':  "DICT of pickle protocol 0",
	'g':  "GET of pickle protocol 0",
	'i':  "INST, which imports and calls, of pickle protocol 0",
	'l':  "LIST of pickle protocol 0",
	'o':  "OBJ, which calls, of pickle protocol 1",
	'p':  "PUT of pickle protocol 0",
	0x82: "EXT1, which imports from a registry",
	0x83: "EXT2, which imports from a registry",
	0x84: "EXT4, which imports from a registry",
	0x97: "NEXT_BUFFER, whose data would be outside the file",
	0x98: "READONLY_BUFFER, whose data would be outside the file",
}

func refuseOp(op byte, at int) error {
	if what, ok := refusedOps[op]; ok {
		return errorf("the pickle uses the opcode %s (byte %d): torch.save writes no such thing", what, at)
	}
	return errorf("the pickle holds the byte 0x%02x, which is no opcode (byte %d): the file is damaged", op, at)
}

// opName is for messages: the printable form of an opcode.
func opName(op byte) string {
	if op > ' ' && op < 0x7f {
		return fmt.Sprintf("%q", op)
	}
	return fmt.Sprintf("0x%02x", op)
}
