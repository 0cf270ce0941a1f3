package egress

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"path"
	"strconv"
	"time"

	"threadhub/connectors"
)

// sourceTimeout is how long the file of an upload may take to come. It is
// short, since the message counts as being sent meanwhile.
const sourceTimeout = 30 * time.Second

// uploadTime is how much longer than another call an upload may take.
const uploadTime = 100 * time.Second

// Own opens a file that the hub itself serves under the address. ok is false
// when the address is not the hub's. An error that wraps fs.ErrNotExist says
// that it will never be had, any other that it may be later.
type Own func(ctx context.Context, address string) (body io.ReadCloser, ok bool, err error)

// content is what a request's body is made of. open may be called again when
// net/http knows that nothing of it was written.
type content struct {
	length int64
	kind   string // its Content-Type, "" to leave the header alone
	open   func() io.ReadCloser
	// known is what the platform answered to the same upload before.
	known *connectors.Response
	key   uploadKey // of an upload that may be used again
}

func plainBody(body []byte) content {
	return content{length: int64(len(body)), open: func() io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }}
}

// content prepares the body of a call: for an upload it fetches the file. done
// frees it.
func (c *Client) content(ctx context.Context, t Target, call *connectors.Call) (body content, done func(), fail *Error) {
	if call.Upload == nil {
		return plainBody(call.Body), func() {}, nil
	}
	// A call that would be held back anyway needs no file.
	if wait := c.Delay(t, call.Name); call.Visible && wait > 0 {
		return content{}, nil, &Error{Reason: ReasonThrottled, RetryAfter: wait, call: call.Name, detail: "retry after " + wait.Round(time.Millisecond).String()}
	}
	f, fail := c.source(ctx, t, call)
	if fail != nil {
		return content{}, nil, fail
	}
	body, err := c.framed(t, call, f)
	if err != nil {
		f.Close()
		return content{}, nil, &Error{Reason: ReasonInvalid, call: call.Name, detail: t.Redactor.String(err.Error())}
	}
	return body, f.Close, nil
}

// framed is the body of an upload, or what is known of the same one.
func (c *Client) framed(t Target, call *connectors.Call, f *File) (content, error) {
	var key uploadKey
	if call.Upload.Again.For > 0 {
		var err error
		if key, err = keyOf(t, call, f); err != nil {
			return content{}, err
		}
		if known, ok := c.uploads.get(key, time.Now()); ok {
			return content{known: known}, nil
		}
	}
	body, err := multipartOf(call.Upload, f)
	body.key = key
	return body, err
}

// source fetches the file of an upload. Its address came from a customer or a
// client of the API: it gets none of the call's headers, and the guard stands
// in front of it at every hop.
func (c *Client) source(ctx context.Context, t Target, call *connectors.Call) (*File, *Error) {
	started := time.Now()
	f, fail := c.openSource(ctx, call)
	c.metrics.observe(Target{Kind: t.Kind}, "fetch_source", &connectors.Response{Status: http.StatusOK}, fail, time.Since(started))
	return f, fail
}

// FetchPublic fetches a file of up to limit bytes from an address that came from
// outside, under the rules for an upload's: ErrSource says that it will never
// come. The caller closes it.
func (c *Client) FetchPublic(ctx context.Context, t Target, address string, limit int64) (*File, error) {
	f, fail := c.source(ctx, t, &connectors.Call{Name: "fetch", Upload: &connectors.Upload{URL: address, MaxBytes: limit}})
	if fail != nil {
		return nil, fail
	}
	return f, nil
}

func (c *Client) openSource(ctx context.Context, call *connectors.Call) (*File, *Error) {
	up := call.Upload
	refuse := func(r Reason, what string) *Error { return &Error{Reason: r, call: call.Name, detail: what} }
	if c.own != nil {
		body, ok, err := c.own(ctx, up.URL)
		if ok && errors.Is(err, fs.ErrNotExist) {
			return nil, refuse(ReasonSourceGone, "the uploaded file is no longer kept: upload it again")
		}
		if ok && err != nil {
			return nil, refuse(ReasonSourceAway, "the uploaded file could not be read this time")
		}
		if ok {
			defer func() { _ = body.Close() }()
			f := new(File)
			if err := f.take(body, up.MaxBytes); err != nil {
				f.Close()
				return nil, tooLargeOr(err, up, refuse)
			}
			return f, nil
		}
	}
	u, err := parseURL(up.URL)
	if err == nil {
		err = c.guard.checkHost(u.Hostname())
	}
	if err != nil {
		return nil, refuse(ReasonSourceGone, "the attachment's address cannot be fetched ("+err.Error()+"): give a public http or https address, or upload the file")
	}
	bounded, cancel := context.WithTimeout(ctx, sourceTimeout)
	defer cancel()
	f, resp, fail := c.fetch(bounded, Target{}, &connectors.Call{Name: call.Name, Method: http.MethodGet}, u, up.MaxBytes)
	switch {
	case fail != nil && fail.Reason == ReasonTooLarge:
		return nil, tooLargeOr(errFileTooLarge, up, refuse)
	case fail != nil && (fail.Reason == ReasonBlocked || fail.Reason == ReasonInvalid):
		return nil, refuse(ReasonSourceGone, "the attachment's address cannot be fetched ("+string(fail.Reason)+"): give a public http or https address, or upload the file")
	case fail != nil:
		away := refuse(ReasonSourceAway, "the attachment could not be fetched from its address: "+string(fail.Reason))
		away.cause = fail.cause
		return nil, away
	case f == nil:
		return nil, sourceStatus(resp.Status, refuse)
	}
	return f, nil
}

func tooLargeOr(err error, up *connectors.Upload, refuse func(Reason, string) *Error) *Error {
	if errors.Is(err, errFileTooLarge) {
		return refuse(ReasonSourceTooLarge, "the attachment is longer than the "+strconv.FormatInt(up.MaxBytes, 10)+" bytes that the platform takes: send a smaller one, or a link to it as text")
	}
	return refuse(ReasonSourceAway, "the attachment could not be read")
}

// sourceStatus tells a file that is gone from a server that has trouble.
func sourceStatus(status int, refuse func(Reason, string) *Error) *Error {
	what := "the attachment's address answers " + strconv.Itoa(status)
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return refuse(ReasonSourceAway, what)
	}
	if status >= 500 {
		return refuse(ReasonSourceAway, what)
	}
	return refuse(ReasonSourceGone, what+": give an address that anybody can fetch, or upload the file")
}

// multipartOf frames the file with the upload's fields.
func multipartOf(up *connectors.Upload, f *File) (content, error) {
	var w bytes.Buffer
	form := multipart.NewWriter(&w)
	for _, field := range up.Fields {
		if err := form.WriteField(field.Name, field.Value); err != nil {
			return content{}, err
		}
	}
	part := textproto.MIMEHeader{}
	part.Set("Content-Disposition", multipart.FileContentDisposition(up.Field, cmp.Or(up.Name, nameIn(up.URL), "file")))
	part.Set("Content-Type", cmp.Or(up.MIME, f.Sniff()))
	if _, err := form.CreatePart(part); err != nil {
		return content{}, err
	}
	head := bytes.Clone(w.Bytes())
	w.Reset()
	if err := form.Close(); err != nil {
		return content{}, err
	}
	tail := w.Bytes()
	return content{
		length: int64(len(head)) + f.Size() + int64(len(tail)),
		kind:   form.FormDataContentType(),
		open: func() io.ReadCloser {
			return io.NopCloser(io.MultiReader(bytes.NewReader(head), f.Open(), bytes.NewReader(tail)))
		},
	}, nil
}

// nameIn is the last step of an address's path.
func nameIn(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	name := path.Base(u.Path)
	if name == "." || name == "/" {
		return ""
	}
	return name
}
