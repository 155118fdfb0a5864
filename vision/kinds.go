package vision

// kind is what a file may be that no registered format reads.
type kind struct {
	name       string
	extensions []string // of those that look like a picture's
	at         int      // where the magic stands
	magic      []string
	advice     string // what to do
}

// plugins are packages that register formats, by the extensions of their files.
var plugins = map[string]string{".avif": "avif", ".avifs": "avif", ".heic": "heic", ".heif": "heic", ".heics": "heic", ".hif": "heic"}

// importing is the line that makes a program read files with an extension.
func importing(ext string) string {
	return `import _ "github.com/fastlearn-go/fastlearn/vision/` + plugins[ext] + `"`
}

const (
	convert   = "convert it to PNG or JPEG, or register a format with vision.RegisterFormat"
	rendering = "render it to PNG"
	unpacking = "unpack it first"
	isVideo   = "extract its frames first"
	develop   = "develop it to JPEG, PNG or TIFF first"
	again     = "download it again"
)

// isobmff are brands of ISO's media files, which follow "ftyp".
func isobmff(brands ...string) (magic []string) {
	for _, b := range brands {
		magic = append(magic, "ftyp"+b)
	}
	return magic
}

// kinds are known by the bytes at their beginnings: of two that match, the first.
var kinds = []kind{
	{"an AVIF picture", []string{".avif", ".avifs"}, 4, isobmff("avif", "avis"), importing(".avif") + " to read it"},
	{"a HEIC picture", []string{".heic", ".heif", ".hif", ".heics"}, 4, isobmff("heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1", "mif2"), importing(".heic") + " to read it"},
	{"a Canon raw photograph", []string{".cr3", ".cr2", ".crw"}, 4, isobmff("crx "), develop},
	{"a video", []string{".mp4", ".mov"}, 4, []string{"ftyp", "moov", "mdat", "wide", "free"}, isVideo},
	{"a JPEG XL picture", []string{".jxl"}, 0, []string{"\x00\x00\x00\x0cJXL \r\n\x87\n", "\xff\x0a"}, convert},
	{"a JPEG 2000 picture", []string{".jp2", ".j2k", ".jpf", ".jpx", ".jpc", ".j2c"}, 0, []string{"\x00\x00\x00\x0cjP  \r\n\x87\n", "\xff\x4f\xff\x51"}, convert},
	{"a JPEG XR picture", []string{".jxr", ".wdp"}, 0, []string{"II\xbc\x01"}, convert},
	{"a raw photograph", []string{".raw", ".arw", ".nef", ".orf", ".rw2", ".raf", ".dng"}, 0, []string{"FUJIFILMCCD-RAW", "IIRO", "IIRS", "MMOR", "IIU\x00"}, develop},
	{"a Photoshop document", []string{".psd", ".psb"}, 0, []string{"8BPS"}, convert},
	{"a GIMP document", []string{".xcf"}, 0, []string{"gimp xcf"}, convert},
	{"an icon", []string{".ico", ".cur", ".icns"}, 0, []string{"\x00\x00\x01\x00", "\x00\x00\x02\x00", "icns"}, convert},
	{"a PCX picture", []string{".pcx"}, 0, []string{"\x0a\x05\x01"}, convert},
	{"a DDS texture", []string{".dds"}, 0, []string{"DDS "}, convert},
	{"an OpenEXR picture", []string{".exr"}, 0, []string{"\x76\x2f\x31\x01"}, convert},
	{"a Radiance HDR picture", []string{".hdr"}, 0, []string{"#?RADIANCE", "#?RGBE"}, convert},
	{"a QOI picture", []string{".qoi"}, 0, []string{"qoif"}, convert},
	{"an SGI picture", []string{".sgi", ".rgb", ".bw"}, 0, []string{"\x01\xda"}, convert},
	{"a Sun raster", []string{".ras"}, 0, []string{"\x59\xa6\x6a\x95"}, convert},
	{"a floating point picture (PFM)", []string{".pfm"}, 0, []string{"PF\n", "Pf\n"}, convert},
	{"an X window dump", []string{".xwd"}, 0, nil, convert},
	{"an IEF picture", []string{".ief"}, 0, []string{"IIII", "MMMM"}, convert},
	{"an X pixmap", []string{".xpm", ".xbm"}, 0, []string{"/* XPM */", "#define"}, convert},
	{"a Windows metafile", []string{".wmf", ".emf"}, 0, []string{"\xd7\xcd\xc6\x9a", "\x01\x00\x00\x00\x58\x00\x00\x00", "\x01\x00\x00\x00\x6c\x00\x00\x00"}, rendering},
	{"a BPG picture", []string{".bpg"}, 0, []string{"BPG\xfb"}, convert},
	{"a DjVu document", []string{".djvu"}, 0, []string{"AT&TFORM"}, rendering},
	{"a DICOM file", []string{".dcm", ".dicom"}, 128, []string{"DICM"}, convert},
	{"a FITS file", []string{".fits", ".fit"}, 0, []string{"SIMPLE  ="}, convert},
	{"a Targa picture", []string{".tga"}, 0, []string{"\x00\x00\x02\x00\x00\x00\x00\x00", "\x00\x00\x0a\x00\x00\x00\x00\x00"}, convert},
	{"an animation (MNG or JNG)", []string{".mng", ".jng"}, 0, []string{"\x8aMNG", "\x8bJNG"}, convert},

	{"a PDF document", []string{".pdf"}, 0, []string{"%PDF-"}, rendering},
	{"a PostScript document", []string{".eps", ".ps"}, 0, []string{"%!PS", "\xc5\xd0\xd3\xc6"}, rendering},
	{"a Git LFS pointer, not the file itself", nil, 0, []string{"version https://git-lfs.github.com/spec/"}, `run "git lfs pull" in its repository`},
	{"a git-annex pointer, not the file itself", nil, 0, []string{"/annex/objects/"}, `run "git annex get" in its repository`},
	{"macOS's metadata of another file (its name begins with ._)", nil, 0, []string{"\x00\x05\x16\x07", "\x00\x05\x16\x00"}, "delete it"},
	{"macOS's .DS_Store", nil, 0, []string{"\x00\x00\x00\x01Bud1"}, "delete it"},
	{"Windows's Thumbs.db or an old Office document", nil, 0, []string{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}, "delete it, or take its pictures out"},
	{"a ZIP archive", nil, 0, []string{"PK\x03\x04", "PK\x05\x06"}, unpacking},
	{"a gzip file", nil, 0, []string{"\x1f\x8b"}, unpacking},
	{"an archive", nil, 0, []string{"7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07", "BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd"}, unpacking},
	{"a tar archive", nil, 257, []string{"ustar"}, unpacking},
	{"an SVG drawing", []string{".svg", ".svgz"}, 0, nil, rendering},
	{"a video", []string{".webm", ".avi", ".mpg", ".mpeg", ".mkv"}, 0, []string{"\x1aE\xdf\xa3", "\x00\x00\x01\xba", "\x00\x00\x01\xb3", "FLV\x01"}, isVideo},
	{"a NumPy array", []string{".npy"}, 0, []string{"\x93NUMPY"}, convert},
	{"an HDF5 file", []string{".h5", ".hdf5"}, 0, []string{"\x89HDF\r\n\x1a\n"}, convert},
	{"a program", nil, 0, []string{"\x7fELF", "MZ"}, again},
}

// texts are told by words near their beginnings, in any case.
var texts = []struct{ word, name, advice string }{
	{"<svg", "an SVG drawing", rendering},
	{"<!doctype html", "an HTML page", "the server sent a page instead of the picture: " + again},
	{"<html", "an HTML page", "the server sent a page instead of the picture: " + again},
	{"<head", "an HTML page", "the server sent a page instead of the picture: " + again},
	{"<body", "an HTML page", "the server sent a page instead of the picture: " + again},
	{"<script", "an HTML page", "the server sent a page instead of the picture: " + again},
	{"<error", "a server's error", again},
	{"<?xml", "an XML document", again},
}
