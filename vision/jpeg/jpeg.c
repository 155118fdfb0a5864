#include "jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

// libjpeg ends the process on an error unless it is sent elsewhere: back to the caller.
typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf back;
  char message[JMSG_LENGTH_MAX];
  int truncated;
} errors;

static void on_error(j_common_ptr cinfo) {
  errors *e = (errors *)cinfo->err;
  e->base.format_message(cinfo, e->message);
  longjmp(e->back, 1);
}

// A warning is damage that libjpeg fills up, such as a file that ends early; that is
// an error here, as it is in PIL.
static void on_message(j_common_ptr cinfo, int level) {
  errors *e = (errors *)cinfo->err;
  if (level < 0 && !e->truncated && strstr(e->base.jpeg_message_table[e->base.msg_code], "remature end")) {
    e->truncated = 1;
  }
}

static void no_output(j_common_ptr cinfo) { (void)cinfo; }

static void begin(struct jpeg_decompress_struct *c, errors *e, const uint8_t *data, size_t n) {
  memset(c, 0, sizeof *c);
  c->err = jpeg_std_error(&e->base);
  e->base.error_exit = on_error;
  e->base.emit_message = on_message;
  e->base.output_message = no_output;
  e->truncated = 0;
  jpeg_create_decompress(c);
  (void)data;
  (void)n;
}

static char *scaled(const uint8_t *data, size_t n, int scale_num, int *w, int *h) {
  struct jpeg_decompress_struct c;
  errors e;
  begin(&c, &e, data, n);
  if (setjmp(e.back)) {
    jpeg_destroy_decompress(&c);
    return strdup(e.message);
  }
  jpeg_mem_src(&c, data, n);
  jpeg_read_header(&c, TRUE);
  c.scale_num = scale_num;
  c.scale_denom = 8;
  jpeg_calc_output_dimensions(&c);
  *w = c.output_width;
  *h = c.output_height;
  jpeg_destroy_decompress(&c);
  return NULL;
}

char *fl_jpeg_size(const uint8_t *data, size_t n, int *w, int *h) { return scaled(data, n, 8, w, h); }

char *fl_jpeg_scaled(const uint8_t *data, size_t n, int scale_num, int *w, int *h) {
  return scaled(data, n, scale_num, w, h);
}

// One row of CMYK becomes RGB as PIL converts it; Adobe's files hold it inverted.
static void cmyk_row(const uint8_t *in, uint8_t *out, int w, int inverted) {
  for (int x = 0; x < w; x++, in += 4, out += 3) {
    for (int k = 0; k < 3; k++) {
      int ink = inverted ? 255 - in[k] : in[k], key = inverted ? 255 - in[3] : in[3];
      int v = 255 - key, t = ink * v + 128;
      out[k] = (uint8_t)(v - ((t + (t >> 8)) >> 8));
    }
  }
}

char *fl_jpeg_decode(const uint8_t *data, size_t n, int scale_num, uint8_t *rgb, int w, int h) {
  struct jpeg_decompress_struct c;
  errors e;
  uint8_t *volatile row = NULL;
  begin(&c, &e, data, n);
  if (setjmp(e.back)) {
    jpeg_destroy_decompress(&c);
    free(row);
    return strdup(e.message);
  }
  jpeg_mem_src(&c, data, n);
  jpeg_read_header(&c, TRUE);
  int cmyk = c.num_components == 4;
  c.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  c.scale_num = scale_num;
  c.scale_denom = 8;
  jpeg_start_decompress(&c);
  if ((int)c.output_width != w || (int)c.output_height != h) {
    jpeg_destroy_decompress(&c);
    return strdup("the picture's size changed while it was read");
  }
  if (cmyk) row = malloc((size_t)w * 4);
  while (c.output_scanline < c.output_height) {
    uint8_t *out = rgb + (size_t)c.output_scanline * w * 3;
    uint8_t *into = cmyk ? row : out;
    jpeg_read_scanlines(&c, &into, 1);
    if (cmyk) cmyk_row(row, out, w, c.saw_Adobe_marker);
  }
  jpeg_finish_decompress(&c);
  jpeg_destroy_decompress(&c);
  free(row);
  return e.truncated ? strdup("the file ends before the picture does") : NULL;
}
