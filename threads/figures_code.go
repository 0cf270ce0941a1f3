package threads

import (
	"encoding/binary"
	"errors"
	"time"
)

// figuresVersion is the first byte of encoded figures.
const figuresVersion = 1

// Bits of the second byte.
const (
	figuresClosed byte = 1 << iota
	figuresHasOneTouch
	figuresOneTouch
	figuresBusiness
)

// errFigures: the bytes are not figures that this version has written.
var errFigures = errors.New("not the figures of a conversation")

// Encode writes the figures as stores keep them: the same bytes for the same
// figures, so that a store can tell whether they changed. Times are kept in
// whole milliseconds.
func (f Figures) Encode() []byte {
	flags := byte(0)
	set := func(on bool, bit byte) {
		if on {
			flags |= bit
		}
	}
	set(f.Closed, figuresClosed)
	set(f.OneTouch != nil, figuresHasOneTouch)
	set(f.OneTouch != nil && *f.OneTouch, figuresOneTouch)
	set(f.Business != nil, figuresBusiness)
	b := make([]byte, 0, 256)
	b = append(b, figuresVersion, flags)
	b = binary.AppendVarint(b, f.CreatedAt.UnixMilli())
	solved := int64(0)
	if !f.SolvedAt.IsZero() {
		solved = f.SolvedAt.UnixMilli()
	}
	b = binary.AppendVarint(b, solved)
	for _, s := range []string{string(f.Channel), string(f.Contact), string(f.Style), string(f.Assignee), string(f.Group)} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	for _, n := range []int{f.Reopens, f.OverCapacityReturns, f.Replies} {
		b = binary.AppendVarint(b, int64(n))
	}
	b = f.Elapsed.encode(b)
	if f.Business != nil {
		b = f.Business.encode(b)
	}
	return b
}

// encode writes each span as one more than it is, so that none is zero.
func (s *Spans) encode(b []byte) []byte {
	for _, ms := range s {
		b = binary.AppendUvarint(b, uint64(ms-NoSpan))
	}
	return b
}

// DecodeFigures reads what [Figures.Encode] wrote. Its texts share the memory
// of the given bytes' copy.
func DecodeFigures(b []byte) (Figures, error) {
	if len(b) < 2 || b[0] != figuresVersion {
		return Figures{}, errFigures
	}
	flags := b[1]
	r := figuresReader{bytes: b[2:], text: string(b[2:])}
	f := Figures{Closed: flags&figuresClosed != 0, CreatedAt: time.UnixMilli(r.signed()).UTC()}
	if solved := r.signed(); solved != 0 {
		f.SolvedAt = time.UnixMilli(solved).UTC()
	}
	f.Channel, f.Contact, f.Style = ChannelID(r.string()), ContactID(r.string()), StyleName(r.string())
	f.Assignee, f.Group = AgentID(r.string()), GroupID(r.string())
	f.Reopens, f.OverCapacityReturns, f.Replies = int(r.signed()), int(r.signed()), int(r.signed())
	if flags&figuresHasOneTouch != 0 {
		oneTouch := flags&figuresOneTouch != 0
		f.OneTouch = &oneTouch
	}
	r.spans(&f.Elapsed)
	if flags&figuresBusiness != 0 {
		f.Business = &Spans{}
		r.spans(f.Business)
	}
	if r.broken || len(r.bytes) > 0 {
		return Figures{}, errFigures
	}
	return f, nil
}

// figuresReader reads on after the first mistake, which it remembers.
type figuresReader struct {
	bytes  []byte
	text   string // the same
	broken bool
}

func (r *figuresReader) take(n int) {
	r.bytes, r.text = r.bytes[n:], r.text[n:]
}

func (r *figuresReader) unsigned() uint64 {
	v, n := binary.Uvarint(r.bytes)
	if n <= 0 {
		r.broken, r.bytes, r.text = true, nil, ""
		return 0
	}
	r.take(n)
	return v
}

func (r *figuresReader) signed() int64 {
	v, n := binary.Varint(r.bytes)
	if n <= 0 {
		r.broken, r.bytes, r.text = true, nil, ""
		return 0
	}
	r.take(n)
	return v
}

func (r *figuresReader) string() string {
	n := r.unsigned()
	if n > uint64(len(r.bytes)) {
		r.broken, r.bytes, r.text = true, nil, ""
		return ""
	}
	s := r.text[:n]
	r.take(int(n))
	return s
}

func (r *figuresReader) spans(s *Spans) {
	for i := range s {
		s[i] = int64(r.unsigned()) + NoSpan
	}
}
