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
	opPop             = '0'
	opPopMark         = '1'
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
	opMark:            {known: true},
	opStop:            {known: true, pop: 1},
	opNone:            {known: true, push: 1},
	opNewTrue:         {known: true, push: 1},
	opNewFalse:        {known: true, push: 1},
	opEmptyTuple:      {known: true, push: 1},
	opEmptyList:       {known: true, push: 1},
	opEmptyDict:       {known: true, push: 1},
	opEmptySet:        {known: true, push: 1},
	opBinInt:          {known: true, width: 4, push: 1},
	opBinInt1:         {known: true, width: 1, push: 1},
	opBinInt2:         {known: true, width: 2, push: 1},
	opBinFloat:        {known: true, width: 8, push: 1},
	opLong1:           {known: true, width: 1, counted: true, push: 1},
	opLong4:           {known: true, width: 4, counted: true, push: 1},
	opBinString:       {known: true, width: 4, counted: true, push: 1},
	opShortBinString:  {known: true, width: 1, counted: true, push: 1},
	opBinUnicode:      {known: true, width: 4, counted: true, push: 1},
	opShortBinUnicode: {known: true, width: 1, counted: true, push: 1},
	opBinUnicode8:     {known: true, width: 8, counted: true, push: 1},
	opBinBytes:        {known: true, width: 4, counted: true, push: 1},
	opShortBinBytes:   {known: true, width: 1, counted: true, push: 1},
	opBinBytes8:       {known: true, width: 8, counted: true, push: 1},
	opByteArray8:      {known: true, width: 8, counted: true, push: 1},
	opBinPut:          {known: true, width: 1, pop: 1, push: 1},
	opLongBinPut:      {known: true, width: 4, pop: 1, push: 1},
	opMemoize:         {known: true, pop: 1, push: 1},
	opBinGet:          {known: true, width: 1, push: 1},
	opLongBinGet:      {known: true, width: 4, push: 1},
	opTuple:           {known: true, marked: true, push: 1},
	opTuple1:          {known: true, pop: 1, push: 1},
	opTuple2:          {known: true, pop: 2, push: 1},
	opTuple3:          {known: true, pop: 3, push: 1},
	opFrozenSet:       {known: true, marked: true, push: 1},
	opAppend:          {known: true, pop: 2, push: 1},
	opAppends:         {known: true, marked: true, pop: 1, push: 1},
	opAddItems:        {known: true, marked: true, pop: 1, push: 1},
	opSetItem:         {known: true, pop: 3, push: 1},
	opSetItems:        {known: true, marked: true, pop: 1, push: 1},
	opGlobal:          {known: true, push: 1},
	opStackGlobal:     {known: true, pop: 2, push: 1},
	opReduce:          {known: true, pop: 2, push: 1},
	opNewObj:          {known: true, pop: 2, push: 1},
	opNewObjEx:        {known: true, pop: 3, push: 1},
	opBuild:           {known: true, pop: 2, push: 1},
	opBinPersID:       {known: true, pop: 1, push: 1},
	opProto:           {known: true, width: 1},
	opFrame:           {known: true, width: 8},
	opPop:             {known: true, pop: 1},
	opPopMark:         {known: true, marked: true},

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
	if why := opcodes[op].notTaken; why != "" {
		return errorf("the pickle uses the opcode %s (byte %d): torch.save writes no such thing", why, at)
	}
	return errorf("the pickle holds the byte 0x%02x, which isn't an opcode (byte %d): the file is damaged", op, at)
}

// opName is the printable form of an opcode.
func opName(op byte) string {
	if op > ' ' && op < 0x7f {
		return fmt.Sprintf("%q", op)
	}
	return fmt.Sprintf("0x%02x", op)
}
