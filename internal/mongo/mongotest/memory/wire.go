package memory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Operations of the wire protocol.
const (
	opReply = 1
	opQuery = 2004 // which drivers greet with
	opMsg   = 2013
)

const (
	headerBytes     = 16
	maxMessageBytes = 48_000_000
	hasChecksum     = 1
	moreToCome      = 2
)

var errMalformed = errors.New("malformed message")

// message is a command from a client.
type message struct {
	id      int32
	op      int32
	command bson.D
	silent  bool // no answer is wanted
}

// readMessage reads the next message; [io.EOF] at the end.
func readMessage(r io.Reader) (message, error) {
	var header [headerBytes]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return message{}, err
	}
	size := int64(int32(binary.LittleEndian.Uint32(header[:])))
	if size < headerBytes || size > maxMessageBytes {
		return message{}, fmt.Errorf("%w of %d bytes", errMalformed, size)
	}
	m := message{id: int32(binary.LittleEndian.Uint32(header[4:])), op: int32(binary.LittleEndian.Uint32(header[12:]))}
	var body bytes.Buffer
	if n, err := io.CopyN(&body, r, size-headerBytes); err != nil {
		return message{}, fmt.Errorf("%w: it ends after %d bytes: %w", errMalformed, n, err)
	}
	var err error
	switch m.op {
	case opMsg:
		err = m.readSections(body.Bytes())
	case opQuery:
		err = m.readQuery(body.Bytes())
	default:
		err = fmt.Errorf("%w: operation %d", errMalformed, m.op)
	}
	return m, err
}

// readSections reads the body of an OP_MSG: the command and, beside it, lists
// of documents that are arguments of it.
func (m *message) readSections(b []byte) error {
	if len(b) < 4 {
		return errMalformed
	}
	flags := binary.LittleEndian.Uint32(b)
	b = b[4:]
	if flags&hasChecksum != 0 {
		if len(b) < 4 {
			return errMalformed
		}
		b = b[:len(b)-4]
	}
	m.silent = flags&moreToCome != 0
	var lists bson.D
	for len(b) > 0 {
		kind := b[0]
		b = b[1:]
		size, ok := sizeOf(b)
		if !ok {
			return errMalformed
		}
		part := b[:size]
		b = b[size:]
		switch kind {
		case 0:
			if err := bson.Unmarshal(part, &m.command); err != nil {
				return fmt.Errorf("%w: %w", errMalformed, err)
			}
		case 1:
			e, err := readList(part[4:])
			if err != nil {
				return err
			}
			lists = append(lists, e)
		default:
			return fmt.Errorf("%w: section of kind %d", errMalformed, kind)
		}
	}
	if len(m.command) == 0 {
		return fmt.Errorf("%w: no command", errMalformed)
	}
	m.command = append(m.command, lists...)
	return nil
}

// sizeOf reads the length that a document or a section begins with.
func sizeOf(b []byte) (int, bool) {
	if len(b) < 5 {
		return 0, false
	}
	n := int64(int32(binary.LittleEndian.Uint32(b)))
	return int(n), n >= 5 && n <= int64(len(b))
}

func readList(b []byte) (bson.E, error) {
	name, rest, ok := bytes.Cut(b, []byte{0})
	if !ok {
		return bson.E{}, errMalformed
	}
	list := bson.A{}
	for len(rest) > 0 {
		size, ok := sizeOf(rest)
		if !ok {
			return bson.E{}, errMalformed
		}
		var d bson.D
		if err := bson.Unmarshal(rest[:size], &d); err != nil {
			return bson.E{}, fmt.Errorf("%w: %w", errMalformed, err)
		}
		list, rest = append(list, d), rest[size:]
	}
	return bson.E{Key: string(name), Value: list}, nil
}

func (m *message) readQuery(b []byte) error {
	if len(b) < 4 {
		return errMalformed
	}
	_, rest, ok := bytes.Cut(b[4:], []byte{0})
	if !ok || len(rest) < 8 {
		return errMalformed
	}
	size, ok := sizeOf(rest[8:])
	if !ok {
		return errMalformed
	}
	if err := bson.Unmarshal(rest[8:8+size], &m.command); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	if len(m.command) == 0 {
		return fmt.Errorf("%w: no command", errMalformed)
	}
	return nil
}

// answer is the message that answers m.
func (m message) answer(reply bson.D) ([]byte, error) {
	doc, err := bson.Marshal(reply)
	if err != nil {
		return nil, fmt.Errorf("encode an answer: %w", err)
	}
	op, head := int32(opMsg), []byte{0, 0, 0, 0, 0}
	if m.op == opQuery {
		// Flags, cursor, place of the first, number of documents.
		op, head = opReply, []byte{8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}
	}
	out := make([]byte, 0, headerBytes+len(head)+len(doc))
	out = binary.LittleEndian.AppendUint32(out, uint32(headerBytes+len(head)+len(doc)))
	out = binary.LittleEndian.AppendUint32(out, 0)
	out = binary.LittleEndian.AppendUint32(out, uint32(m.id))
	out = binary.LittleEndian.AppendUint32(out, uint32(op))
	return append(append(out, head...), doc...), nil
}
