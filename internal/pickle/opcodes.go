package pickle

import (
	"fmt"
	"strings"
)

// The opcodes of pickle's protocols 2 to 5 that picklers emit for plain data.
const (
	OpMark            = '('
	OpStop            = '.'
	OpBinInt          = 'J'
	OpBinInt1         = 'K'
	OpBinInt2         = 'M'
	OpNone            = 'N'
	OpBinPersID       = 'Q'
	OpReduce          = 'R'
	OpBinString       = 'T' // Python 2's str
	OpShortBinString  = 'U' // Python 2's str
	OpBinUnicode      = 'X'
	OpAppend          = 'a'
	OpBuild           = 'b'
	OpGlobal          = 'c'
	OpAppends         = 'e'
	OpBinGet          = 'h'
	OpLongBinGet      = 'j'
	OpBinPut          = 'q'
	OpLongBinPut      = 'r'
	OpSetItem         = 's'
	OpTuple           = 't'
	OpSetItems        = 'u'
	OpBinFloat        = 'G'
	OpEmptyDict       = '}'
	OpEmptyList       = ']'
	OpEmptyTuple      = ')'
	OpProto           = 0x80
	OpNewObj          = 0x81
	OpTuple1          = 0x85
	OpTuple2          = 0x86
	OpTuple3          = 0x87
	OpNewTrue         = 0x88
	OpNewFalse        = 0x89
	OpLong1           = 0x8a
	OpLong4           = 0x8b
	OpBinBytes        = 'B'
	OpShortBinBytes   = 'C'
	OpShortBinUnicode = 0x8c
	OpBinUnicode8     = 0x8d
	OpBinBytes8       = 0x8e
	OpEmptySet        = 0x8f
	OpAddItems        = 0x90
	OpFrozenSet       = 0x91
	OpNewObjEx        = 0x92
	OpStackGlobal     = 0x93
	OpMemoize         = 0x94
	OpFrame           = 0x95
	OpByteArray8      = 0x96
	OpPop             = '0'
	OpPopMark         = '1'
)

// An opcode describes what an opcode reads from the pickle and does to the stack.
type opcode struct {
	width    int  // bytes of its number
	counted  bool // the number is the length of what follows
	pop      int  // values it takes; with marked, besides those above the mark
	push     int
	marked   bool // it takes the topmost mark and all above it
	known    bool
	notTaken string // why it is refused
}

// opcodes is what is known of all opcodes of pickle.
var opcodes = [256]opcode{
	OpMark:            {known: true},
	OpStop:            {known: true, pop: 1},
	OpNone:            {known: true, push: 1},
	OpNewTrue:         {known: true, push: 1},
	OpNewFalse:        {known: true, push: 1},
	OpEmptyTuple:      {known: true, push: 1},
	OpEmptyList:       {known: true, push: 1},
	OpEmptyDict:       {known: true, push: 1},
	OpEmptySet:        {known: true, push: 1},
	OpBinInt:          {known: true, width: 4, push: 1},
	OpBinInt1:         {known: true, width: 1, push: 1},
	OpBinInt2:         {known: true, width: 2, push: 1},
	OpBinFloat:        {known: true, width: 8, push: 1},
	OpLong1:           {known: true, width: 1, counted: true, push: 1},
	OpLong4:           {known: true, width: 4, counted: true, push: 1},
	OpBinString:       {known: true, width: 4, counted: true, push: 1},
	OpShortBinString:  {known: true, width: 1, counted: true, push: 1},
	OpBinUnicode:      {known: true, width: 4, counted: true, push: 1},
	OpShortBinUnicode: {known: true, width: 1, counted: true, push: 1},
	OpBinUnicode8:     {known: true, width: 8, counted: true, push: 1},
	OpBinBytes:        {known: true, width: 4, counted: true, push: 1},
	OpShortBinBytes:   {known: true, width: 1, counted: true, push: 1},
	OpBinBytes8:       {known: true, width: 8, counted: true, push: 1},
	OpByteArray8:      {known: true, width: 8, counted: true, push: 1},
	OpBinPut:          {known: true, width: 1, pop: 1, push: 1},
	OpLongBinPut:      {known: true, width: 4, pop: 1, push: 1},
	OpMemoize:         {known: true, pop: 1, push: 1},
	OpBinGet:          {known: true, width: 1, push: 1},
	OpLongBinGet:      {known: true, width: 4, push: 1},
	OpTuple:           {known: true, marked: true, push: 1},
	OpTuple1:          {known: true, pop: 1, push: 1},
	OpTuple2:          {known: true, pop: 2, push: 1},
	OpTuple3:          {known: true, pop: 3, push: 1},
	OpFrozenSet:       {known: true, marked: true, push: 1},
	OpAppend:          {known: true, pop: 2, push: 1},
	OpAppends:         {known: true, marked: true, pop: 1, push: 1},
	OpAddItems:        {known: true, marked: true, pop: 1, push: 1},
	OpSetItem:         {known: true, pop: 3, push: 1},
	OpSetItems:        {known: true, marked: true, pop: 1, push: 1},
	OpGlobal:          {known: true, push: 1},
	OpStackGlobal:     {known: true, pop: 2, push: 1},
	OpReduce:          {known: true, pop: 2, push: 1},
	OpNewObj:          {known: true, pop: 2, push: 1},
	OpNewObjEx:        {known: true, pop: 3, push: 1},
	OpBuild:           {known: true, pop: 2, push: 1},
	OpBinPersID:       {known: true, pop: 1, push: 1},
	OpProto:           {known: true, width: 1},
	OpFrame:           {known: true, width: 8},
	OpPop:             {known: true, pop: 1},
	OpPopMark:         {known: true, marked: true},

	'2':  {notTaken: "DUP, which no pickler writes"},
	'F':  {notTaken: "FLOAT of protocol 0"},
	'I':  {notTaken: "INT of protocol 0"},
	'L':  {notTaken: "LONG of protocol 0"},
	'P':  {notTaken: "PERSID of protocol 0"},
	'S':  {notTaken: "STRING of protocol 0"},
	'V':  {notTaken: "UNICODE of protocol 0"},
	'd':  {notTaken: "DICT of protocol 0"},
	'g':  {notTaken: "GET of protocol 0"},
	'i':  {notTaken: "INST of protocol 0, which imports and calls"},
	'l':  {notTaken: "LIST of protocol 0"},
	'o':  {notTaken: "OBJ of protocol 1, which calls"},
	'p':  {notTaken: "PUT of protocol 0"},
	0x82: {notTaken: "EXT1, which imports from a registry"},
	0x83: {notTaken: "EXT2, which imports from a registry"},
	0x84: {notTaken: "EXT4, which imports from a registry"},
	0x97: {notTaken: "NEXT_BUFFER, whose data would be outside the file"},
	0x98: {notTaken: "READONLY_BUFFER, whose data would be outside the file"},
}

func refuseOp(op byte, at int) error {
	if why := opcodes[op].notTaken; strings.HasSuffix(why, "of protocol 0") {
		return fmt.Errorf("the pickle is of protocol 0 or 1, by its opcode %s (byte %d), and torch.save writes 2 to 5: "+
			"in Python, torch.save(torch.load(file, weights_only=False), file) writes it anew", why, at)
	} else if why != "" {
		return fmt.Errorf("the pickle uses the opcode %s (byte %d): torch.save writes no such thing", why, at)
	}
	return fmt.Errorf("the pickle holds the byte 0x%02x, which isn't an opcode (byte %d): the file is damaged", op, at)
}

// opName is the printable form of an opcode.
func opName(op byte) string {
	if op > ' ' && op < 0x7f {
		return fmt.Sprintf("%q", op)
	}
	return fmt.Sprintf("0x%02x", op)
}
