// Decoding by libjpeg-turbo. Every function returns NULL or a message in malloc'ed memory.
#ifndef FASTLEARN_JPEG_H
#define FASTLEARN_JPEG_H
#include <stddef.h>
#include <stdint.h>

char *fl_jpeg_size(const uint8_t *data, size_t n, int *w, int *h);

// Decodes to 8-bit RGB, H×W×3, of scale_num/8 of the picture's size.
char *fl_jpeg_decode(const uint8_t *data, size_t n, int scale_num, uint8_t *rgb, int w, int h);

// The size that the picture has at scale_num/8.
char *fl_jpeg_scaled(const uint8_t *data, size_t n, int scale_num, int *w, int *h);
#endif
