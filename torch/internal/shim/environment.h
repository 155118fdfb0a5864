// The first include of every C++ file of the shim: without libtorch's headers, what to run in place of a page of errors.
#pragma once
#if !__has_include(<torch/torch.h>)
#error "libtorch isn't found: run   eval \"$(go run ./scripts/setup env)\"   in fastlearn's clone, in this shell, then build again (README.md, The environment)"
#endif
