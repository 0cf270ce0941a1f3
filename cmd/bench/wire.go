package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// wire is a lean HTTP/1.1 client over one kept-alive connection: requests are
// written as bytes made beforehand, answers are read no further than needed.
// The generator shares the machine with what it measures, so it must be cheap.
// It is for one goroutine.
type wire struct {
	addr    string
	timeout time.Duration
	conn    net.Conn
	in      *bufio.Reader
}

func newWire(addr string) *wire { return &wire{addr: addr, timeout: 30 * time.Second} }

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

// do sends one request and returns the answer's status. body, when not nil,
// receives the answer's body.
func (w *wire) do(ctx context.Context, request []byte, body *bytes.Buffer) (int, error) {
	if w.conn == nil {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", w.addr)
		if err != nil {
			return 0, fmt.Errorf("dial: %w", err)
		}
		w.conn, w.in = conn, bufio.NewReaderSize(conn, 16<<10)
	}
	status, err := w.exchange(request, body)
	if err != nil {
		w.close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	return status, err
}

func (w *wire) exchange(request []byte, body *bytes.Buffer) (int, error) {
	if err := w.conn.SetDeadline(time.Now().Add(w.timeout)); err != nil {
		return 0, fmt.Errorf("deadline: %w", err)
	}
	if _, err := w.conn.Write(request); err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	status, length, last, err := w.head()
	if err != nil {
		return 0, err
	}
	if body == nil {
		err = w.skip(length)
	} else {
		body.Reset()
		err = w.copy(body, length)
	}
	if err == nil && last {
		w.close()
	}
	return status, err
}

// chunked stands for a body without a length of its own.
const chunked = -1

// head reads the status line and the headers that say where the body ends.
// last is set when the server closes the connection after it.
func (w *wire) head() (status, length int, last bool, err error) {
	line, err := w.line()
	if err != nil {
		return 0, 0, false, err
	}
	if len(line) < 12 {
		return 0, 0, false, fmt.Errorf("status line %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, false, fmt.Errorf("status line %q", line)
	}
	for {
		if line, err = w.line(); err != nil {
			return 0, 0, false, err
		}
		if len(line) == 0 {
			return status, length, last, nil
		}
		key, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(key, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, 0, false, fmt.Errorf("content length: %w", err)
			}
		case bytes.EqualFold(key, []byte("Transfer-Encoding")):
			length = chunked
		case bytes.EqualFold(key, []byte("Connection")):
			last = bytes.EqualFold(value, []byte("close"))
		}
	}
}

func (w *wire) line() ([]byte, error) {
	line, err := w.in.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

func (w *wire) skip(length int) error {
	if length == chunked {
		return w.copy(io.Discard, length)
	}
	if _, err := w.in.Discard(length); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	return nil
}

func (w *wire) copy(to io.Writer, length int) error {
	if length != chunked {
		_, err := io.CopyN(to, w.in, int64(length))
		return err
	}
	for {
		line, err := w.line()
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(line), 16, 32)
		if err != nil {
			return fmt.Errorf("chunk: %w", err)
		}
		if _, err := io.CopyN(to, w.in, n); err != nil {
			return fmt.Errorf("chunk: %w", err)
		}
		if _, err := w.line(); err != nil { // ends the chunk, or the body
			return err
		}
		if n == 0 {
			return nil
		}
	}
}

// request appends a POST with a JSON body. headers are whole lines, each with
// its line end.
func request(to []byte, host, path, headers string, body []byte) []byte {
	to = append(to, "POST "...)
	to = append(to, path...)
	to = append(to, " HTTP/1.1\r\nHost: "...)
	to = append(to, host...)
	to = append(to, "\r\nContent-Type: application/json\r\n"...)
	to = append(to, headers...)
	to = append(to, "Content-Length: "...)
	to = strconv.AppendInt(to, int64(len(body)), 10)
	to = append(to, "\r\n\r\n"...)
	return append(to, body...)
}

// accepted tells whether a status is a success.
func accepted(status int) bool { return status >= http.StatusOK && status < http.StatusMultipleChoices }
