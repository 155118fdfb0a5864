// Package diskfile is how files are read and replaced. [Open] is the one opener of all that is read from a path,
// [ReadFile] and [Copy] read a file of one content or return an error, [Map] maps a file that is trusted, and
// [Replace] writes a file that is old or new at every moment, and never half.
package diskfile
