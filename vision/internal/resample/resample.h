// Resizing from a box that need not lie on pixels.
#ifndef FASTLEARN_RESAMPLE_H
#define FASTLEARN_RESAMPLE_H
#include <stdint.h>

// Resizes the box (x, y, w×h) of a picture of sw×sh pixels of c bytes (1 or 3) to dw×dh pixels. The filter is a triangle over
// two pixels of the result, as PIL's and ATen's bilinear one with antialiasing, for a picture of whose pixels these are averages. Returns 0, or -1 where there is no memory.
int fl_resample(const uint8_t *src, int sw, int sh, int c, double x, double y, double w, double h, uint8_t *dst, int dw, int dh);
#endif
