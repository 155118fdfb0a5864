package pth

import "github.com/fastlearn-go/fastlearn/internal/diskfile"

// An Option changes how a file is read.
type Option func(*options)

type options struct {
	mode            mode
	file            *diskfile.Content // that the storages are a part of, or nil
	opaque, skipCRC bool
}

// WithOpaque keeps objects of unknown classes as inert [Object] values, so that the rest of the file can
// be had: the tensors of a whole checkpoint of a training framework. Nothing is executed. Where an object
// refers to one that it is part of, there stands an Object without content.
func WithOpaque() Option { return func(o *options) { o.opaque = true } }

// SkipCRC leaves the checksums of all records but the pickle unread: damage in the tensors' numbers goes
// unnoticed. A file that has no checksums, as PyTorch writes it after
// torch.serialization.set_crc32_options(False), is read with this option alone.
func SkipCRC() Option { return func(o *options) { o.skipCRC = true } }
