#include "resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// For each pixel of the result the pixels that it is made of, along one axis.
typedef struct {
  int most;
  int *first, *n;
  float *weights; // most for each pixel
} taps;

static void free_taps(taps *t) {
  free(t->first);
  free(t->n);
  free(t->weights);
}

static double triangle(double t) { return fmax(1 - fabs(t), 0); }

// The source's pixels are averages of smaller ones, which makes it softer than these are. Taking so much of the weights' second
// difference away undoes that, but for terms of the fourth order.
static const double SHARPEN = 1. / 24;

// Pixels that the box covers in part count in part.
static int make_taps(taps *t, int size, double from, double length, int out) {
  double scale = length / out, support = scale > 1 ? scale : 1;
  t->most = (int)ceil(2 * support) + 4;
  t->first = malloc(out * sizeof *t->first);
  t->n = malloc(out * sizeof *t->n);
  t->weights = calloc((size_t)out * t->most, sizeof *t->weights);
  if (!t->first || !t->n || !t->weights) return -1;
  for (int i = 0; i < out; i++) {
    double center = from + (i + .5) * scale, sum = 0;
    double left = fmax(center - support - 1, from), right = fmin(center + support + 1, from + length);
    int first = (int)left, last = (int)ceil(right);
    if (first > size - 1) first = size - 1;
    if (last > size) last = size;
    if (last <= first) last = first + 1;
    if (last - first > t->most) last = first + t->most;
    float *weights = t->weights + (size_t)i * t->most;
    t->first[i] = first;
    t->n[i] = last - first;
    for (int k = first; k < last; k++) {
      double a = fmax(k, from), b = fmin(k + 1, from + length), at = (a + b) / 2 - center;
      double v = (1 + 2 * SHARPEN) * triangle(at / support) - SHARPEN * (triangle((at - 1) / support) + triangle((at + 1) / support));
      v *= fmax(b - a, 0);
      weights[k - first] = (float)v;
      sum += v;
    }
    if (sum <= 0) weights[0] = 1, sum = 1;
    for (int k = 0; k < t->n[i]; k++) weights[k] = (float)(weights[k] / sum);
  }
  return 0;
}

typedef float pixel __attribute__((vector_size(16), aligned(4)));

static uint8_t to_byte(float v) { return v <= 0 ? 0 : v >= 255 ? 255 : (uint8_t)(v + .5f); }

int fl_resample(const uint8_t *src, int sw, int sh, int c, double x, double y, double w, double h, uint8_t *dst, int dw, int dh) {
  taps across = {0}, down = {0};
  int rc = -1;
  float *row = calloc((size_t)sw * c + 4, sizeof *row); // a pixel is read as four numbers
  if (!row || make_taps(&across, sw, x, w, dw) || make_taps(&down, sh, y, h, dh)) goto end;
  int from = across.first[0] * c, to = (across.first[dw - 1] + across.n[dw - 1]) * c;
  for (int j = 0; j < dh; j++) {
    memset(row, 0, (size_t)sw * c * sizeof *row);
    for (int k = 0; k < down.n[j]; k++) {
      const uint8_t *in = src + (size_t)(down.first[j] + k) * sw * c;
      float weight = down.weights[(size_t)j * down.most + k];
      for (int i = from; i < to; i++) row[i] += weight * in[i];
    }
    for (int i = 0; i < dw; i++) {
      pixel sum = {0};
      const float *in = row + across.first[i] * c, *weights = across.weights + (size_t)i * across.most;
      for (int k = 0; k < across.n[i]; k++, in += c) sum += weights[k] * *(const pixel *)in;
      for (int k = 0; k < c; k++) *dst++ = to_byte(sum[k]);
    }
  }
  rc = 0;
end:
  free(row);
  free_taps(&across);
  free_taps(&down);
  return rc;
}
