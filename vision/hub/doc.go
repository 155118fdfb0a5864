// Package hub finds weights by their names: in the caches that PyTorch and Hugging Face use, so that what Python has downloaded is not
// downloaded again, nor the other way round; on the network; in folders and wheels.
//
//	c, err := hub.Weights(ctx, "resnet34")                        // torchvision's DEFAULT
//	c, err := hub.Weights(ctx, "ResNet50_Weights.IMAGENET1K_V1")
//	c, err := hub.Weights(ctx, "timm/resnet18d.ra2_in1k")         // any repository on the Hugging Face Hub
//	c, err := hub.Weights(ctx, "net-0.1.0-py3-none-any.whl")      // see File
//	err := hub.Download(ctx, url, "data/archive.tgz", hub.Size(345236087))
//
// A [Checkpoint] is the file, and what its model expects of images: torchvision's of its table, timm's of the config.json beside the
// weights.
//
// # Caches and mirrors
//
// [Dir] and [HFDir] are the caches. HF_HUB_OFFLINE keeps from the Hugging Face Hub, HF_ENDPOINT replaces it, HF_TOKEN (or what "hf auth
// login" left) opens private repositories; the token is shown to no other server. FASTLEARN_HUB is a mirror of all hosts, a URL or a
// folder: the file at https://host/path is fetched from $FASTLEARN_HUB/host/path, as wget -x lays files out, and used in place where
// the mirror is a folder. A mirror is asked only for what no cache has.
//
// What comes from torchvision is compared with the SHA-256 in its name, what comes from the Hub with the hash that the Hub tells of it:
// the SHA-256 of large files, git's of small ones. [SHA256] pins a download of your own, and a commit ("owner/name@<commit>") a
// repository.
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
// torch.hub's download_url_to_file and load_state_dict_from_url, PyTorch 2.11; huggingface_hub 2.4's file_download.py; the published
// weights are those of torchvision 0.26's classification models and timm 1.0.31's defaults.
package hub
