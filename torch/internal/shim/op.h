// The C interface of libtorch's dispatcher: any operation, by its name. The rules are those of shim.h.
#ifndef FASTLEARN_OP_H
#define FASTLEARN_OP_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What follows a tag in the words of a call. Lists hold a count and then their elements, a text its length and
// its place among the bytes of all texts. In results a text is a malloc'ed string, and a list may hold any tags.
enum {
  FL_NONE = 0,    //
  FL_DEFAULT,     //                 the schema's default
  FL_TENSOR,      // at::Tensor*
  FL_INT,         // the number; also of dtypes, layouts and memory formats
  FL_DOUBLE,      // its bits
  FL_BOOL,        // 0 or 1
  FL_COMPLEX,     // the bits of both parts
  FL_STRING,      // length, place
  FL_DEVICE,      // -1 or the index of the CUDA device
  FL_OBJECT,      // c10::IValue*: what has no other form
  FL_TENSORS,     // count, handles; 0 is an undefined tensor
  FL_OPTIONALS,   // the same, for lists of optional tensors
  FL_INTS,        // count, numbers
  FL_DOUBLES,     // count, bits
  FL_BOOLS,       // count, 0 or 1 each
  FL_LIST,        // count, tagged elements: numbers of mixed kinds, texts
  FL_ARGUMENT,    // in results: the very tensor of this handle among the arguments
};

// out is NULL where there is no such operation; else it stays for good. schema gets lines that op.cc describes.
char *fl_op_find(const char *name, const char *overload, void **out, char **schema);
// names gets a line for each overload of an operation, or of all where name is empty, sorted: "aten::add.Tensor", "aten::relu.".
char *fl_op_names(const char *name, char **names);
// results gets the tagged results, or, if they take more words than that, -1, a malloc'ed block and its words.
char *fl_op_call(void *op, const int64_t *args, int nargs, const char *texts, int64_t *results, int words);
void fl_object_free(void *object);
char *fl_load_library(const char *path);

#ifdef __cplusplus
}
#endif
#endif
