#include "jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
// after it
#include <jerror.h>

// libjpeg ends the process on an error unless it is sent elsewhere: back to the caller.
typedef struct {
  struct jpeg_error_mgr base;
  struct jpeg_progress_mgr progress;
  jmp_buf back;
  char message[JMSG_LENGTH_MAX];
  int truncated;
  int finishing; // all rows are there
} errors;

static void on_error(j_common_ptr cinfo) {
  errors *e = (errors *)cinfo->err;
  e->base.format_message(cinfo, e->message);
  longjmp(e->back, 1);
}

// A warning is damage that libjpeg fills up. Of these a file that ends before its last row is
// an error here, as it is in PIL.
static void on_message(j_common_ptr cinfo, int level) {
  errors *e = (errors *)cinfo->err;
  if (level < 0 && e->base.msg_code == JWRN_JPEG_EOF && !e->finishing) e->truncated = 1;
}

// A scan goes over all of the picture, and a file of ten megabytes has room for a million that
// say nothing: hours of work. Real files have a dozen, and none as many as this.
enum { MOST_SCANS = 500 };

static void on_progress(j_common_ptr cinfo) {
  if (((j_decompress_ptr)cinfo)->input_scan_number <= MOST_SCANS) return;
  errors *e = (errors *)cinfo->err;
  snprintf(e->message, sizeof e->message, "it has more than %d scans: is it a decompression bomb?", MOST_SCANS);
  longjmp(e->back, 1);
}

static void no_output(j_common_ptr cinfo) { (void)cinfo; }

static void begin(struct jpeg_decompress_struct *c, errors *e) {
  memset(c, 0, sizeof *c);
  c->err = jpeg_std_error(&e->base);
  e->base.error_exit = on_error;
  e->base.emit_message = on_message;
  e->base.output_message = no_output;
  e->truncated = e->finishing = 0;
  jpeg_create_decompress(c);
  memset(&e->progress, 0, sizeof e->progress);
  e->progress.progress_monitor = on_progress;
  c->progress = &e->progress;
}

char *fl_jpeg_scaled(const uint8_t *data, size_t n, int scale_num, int *w, int *h) {
  struct jpeg_decompress_struct c;
  errors e;
  begin(&c, &e);
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

// Pixels of a CMYK row become RGB as PIL converts them. Their inks are inverted, which PIL
// takes for granted with Adobe's marker and without it.
static void from_cmyk(const uint8_t *in, uint8_t *out, int w) {
  for (int x = 0; x < w; x++, in += 4, out += 3) {
    for (int k = 0; k < 3; k++) {
      int t = (255 - in[k]) * in[3] + 128;
      out[k] = (uint8_t)(in[3] - ((t + (t >> 8)) >> 8));
    }
  }
}

// Columns decoded to each side of a part, so that its edges see the neighbours from
// which libjpeg smooths colour.
enum { MARGIN = 16 };

// Tells libjpeg to leave out the columns far from x … x+w, and returns the first that it gives.
static int crop_columns(struct jpeg_decompress_struct *c, int x, int w) {
  int from = x > MARGIN ? x - MARGIN : 0;
  int to = x + w + MARGIN < (int)c->output_width ? x + w + MARGIN : (int)c->output_width;
  if (from == 0 && to == (int)c->output_width) return 0;
  JDIMENSION first = from, width = to - from;
  jpeg_crop_scanline(c, &first, &width);
  return first;
}

// Tells whether what follows the rows that were decoded can't change whether the file is refused: in a
// picture of one scan nothing but its entropy-coded data and its end marker, which ends all
// reading. (A picture of several scans has been read to its end before its first row.)
static int ends_well(struct jpeg_decompress_struct *c) {
  if (jpeg_input_complete(c)) return 1;
  int marker = c->unread_marker;
  const JOCTET *p = c->src->next_input_byte, *end = p + c->src->bytes_in_buffer;
  for (;;) {
    if (marker == JPEG_EOI) return 1;
    if (marker > 1 && (marker < JPEG_RST0 || marker > JPEG_RST0 + 7)) return 0;
    do p = p < end ? memchr(p, 0xff, end - p) : NULL;
    while (p && ++p < end && *p == 0xff);
    if (!p || p == end) return 0;
    marker = *p++;
  }
}

char *fl_jpeg_decode(const uint8_t *data, size_t n, int scale_num, int x, int y, int w, int h, uint8_t *rgb) {
  struct jpeg_decompress_struct c;
  errors e;
  uint8_t *volatile row = NULL;
  begin(&c, &e);
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
  if (x < 0 || y < 0 || w < 1 || h < 1 || x + w > (int)c.output_width || y + h > (int)c.output_height) {
    jpeg_destroy_decompress(&c);
    return strdup("the part does not lie in the picture");
  }
  int first = crop_columns(&c, x, w);
  int direct = !cmyk && w == (int)c.output_width;
  if (!(row = malloc((size_t)c.output_width * c.output_components))) {
    jpeg_destroy_decompress(&c);
    return strdup("out of memory");
  }
  if (y > 0) jpeg_skip_scanlines(&c, y);
  for (int i = 0; i < h; i++, rgb += (size_t)w * 3) {
    uint8_t *into = direct ? rgb : row;
    jpeg_read_scanlines(&c, &into, 1);
    const uint8_t *from = row + (size_t)(x - first) * c.output_components;
    if (cmyk) from_cmyk(from, rgb, w);
    else if (!direct) memcpy(rgb, from, (size_t)w * 3);
  }
  if (c.output_scanline == c.output_height || !ends_well(&c)) { // what is below the part decides as well
    while (c.output_scanline < c.output_height) {
      uint8_t *into = row;
      jpeg_read_scanlines(&c, &into, 1);
    }
    e.finishing = 1;
    jpeg_finish_decompress(&c);
  }
  jpeg_destroy_decompress(&c);
  free(row);
  return e.truncated ? strdup("the file ends before the picture does") : NULL;
}
