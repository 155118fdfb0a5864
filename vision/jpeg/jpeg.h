// Decoding by libjpeg-turbo. Every function returns NULL or a message in malloc'ed memory.
#ifndef FASTLEARN_JPEG_H
#define FASTLEARN_JPEG_H
#if !__has_include(<jpeglib.h>)
#error "libjpeg isn't found: install it with its static library (Debian, Ubuntu: apt-get install libjpeg-dev), then build again"
#endif
#include <stddef.h>
#include <stdint.h>

// The size that the picture has at scale_num/8 of its own.
char *fl_jpeg_scaled(const uint8_t *data, size_t n, int scale_num, int *w, int *h);

// Decodes the part (x, y, w×h) of the picture at scale_num/8 of its size, to 8-bit RGB, h×w×3.
char *fl_jpeg_decode(const uint8_t *data, size_t n, int scale_num, int x, int y, int w, int h, uint8_t *rgb);
#endif
