package tiff

// rows reads the rows of a block, the samples of a pixel side by side.
type rows struct {
	*picture
	planes []*unpacker // one, unless samples are apart
	row    []byte
	plane  []byte // a row of one of them
}

func (p *picture) newRows() *rows {
	r := &rows{picture: p, row: make([]byte, p.rowBytes(p.samples)), planes: []*unpacker{{picture: p, samples: p.samples}}}
	if p.planar && p.samples > 1 {
		r.planes, r.plane = nil, make([]byte, p.rowBytes(1))
		for range p.samples {
			r.planes = append(r.planes, &unpacker{picture: p, samples: 1})
		}
	}
	return r
}

// open begins with the i-th block of each plane, of n rows.
func (r *rows) open(i, n int) error {
	across, down := (r.w+r.blockW-1)/r.blockW, (r.h+r.blockH-1)/r.blockH
	for k, u := range r.planes {
		data, err := r.block(i + k*across*down)
		if err == nil {
			err = u.open(data, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// close ends the block.
func (r *rows) close() error {
	for _, u := range r.planes {
		if err := u.close(); err != nil {
			return err
		}
	}
	return nil
}

// next returns the next row, which is overwritten by the one behind it.
func (r *rows) next() ([]byte, error) {
	if len(r.planes) == 1 {
		return r.row, r.planes[0].read(r.row)
	}
	size := r.bits / 8
	for k, u := range r.planes {
		if err := u.read(r.plane); err != nil {
			return nil, err
		}
		for x := range r.blockW {
			copy(r.row[(x*r.samples+k)*size:][:size], r.plane[x*size:])
		}
	}
	return r.row, nil
}
