package vision

import "sync"

// Cache keeps decoded pictures in memory, so that the next epoch need not decode them.
// Batches are the same with it and without. It is safe for several goroutines; nil
// keeps nothing.
type Cache struct {
	mu       sync.Mutex
	limit    int64
	used     int64
	files    map[string]file // the headers, without the files' bytes
	pictures map[cacheKey]*Image
}

// cacheKey is a picture as it was decoded.
type cacheKey struct {
	path         string
	eighths      int
	gray, orient bool
}

// NewCache makes a cache that holds pictures of at most limit bytes together: those
// that come first, since an epoch meets each one once.
func NewCache(limit int64) *Cache {
	return &Cache{limit: limit, files: map[string]file{}, pictures: map[cacheKey]*Image{}}
}

// Bytes is how much the pictures in the cache take.
func (c *Cache) Bytes() int64 {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used
}

// Clear lets go of all pictures.
func (c *Cache) Clear() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used = 0
	clear(c.files)
	clear(c.pictures)
}

// file is the header of a picture that is in the cache.
func (c *Cache) file(d Decoder, path string) (f file, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok = c.files[path]
	return f, ok && f.Decoder == d
}

func (c *Cache) picture(f file, path string, eighths int) *Image {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pictures[cacheKey{path, eighths, f.Gray, f.Orient}]
}

// hasRoom tells whether n bytes more fit.
func (c *Cache) hasRoom(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used+int64(n) <= c.limit
}

// keep takes a picture in, if it fits.
func (c *Cache) keep(f file, path string, eighths int, m *Image) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, size := cacheKey{path, eighths, f.Gray, f.Orient}, int64(len(m.Pix))
	if c.used+size > c.limit || c.pictures[key] != nil {
		return
	}
	c.used += size
	f.data = nil
	c.files[path], c.pictures[key] = f, m
}
