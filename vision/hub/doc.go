// Package hub fetches published files as torch.hub does, into the same cache, so that
// what Python has downloaded is not downloaded again, nor the other way round.
//
//	path, err := hub.Weights(ctx, "resnet34")                   // torchvision's DEFAULT
//	path, err := hub.Weights(ctx, "ResNet50_Weights.IMAGENET1K_V1")
//	err := hub.Download(ctx, url, "data/archive.tgz", hub.Size(345236087))
//
// # Downloads
//
// [Download] writes to <file>.part and renames it when the file is whole and its
// checks hold, so <file> is never half of itself. A connection that breaks off is
// opened again where it ended; a download that was given up goes on from its part the
// next time, unless the server's file has changed. Beside the part lies
// <file>.part.json, which says what it is a part of. Several processes may ask for
// one file at a time: one downloads, the others wait for it (by flock on the part,
// where the system has that; elsewhere nothing keeps them apart).
//
// # Errors
//
// An error is one line that begins with "hub: " and names the URL or the file; it comes
// within 10 seconds from when the network gave its last byte (see [Patience]). What
// arrived stays for the next time, except where it is not what was published: see
// [ErrChecksum]. [StatusError] is a server's refusal.
//
// # Source
//
// torch.hub's download_url_to_file and load_state_dict_from_url, PyTorch 2.11; the
// weights are those of torchvision 0.26's models/resnet.py.
package hub
