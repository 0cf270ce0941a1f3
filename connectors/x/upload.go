package x

import (
	"errors"
	"net/http"
	"net/url"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Names of the calls of an upload: a picture in one, anything that moves in
// three, and then as often as it takes to be told that X is through with it.
const (
	opUpload   = "upload"
	opInit     = "upload.initialize"
	opAppend   = "upload.append"
	opFinalize = "upload.finalize"
	opStatus   = "upload.status"
)

// Keys of Exchange.Data.
const (
	dataMedia   = "media_id"
	dataPending = "pending"
)

// What X is told that a file is for.
const (
	asImage = "dm_image"
	asGIF   = "dm_gif"
	asVideo = "dm_video"
)

// uploading is what a file is uploaded as, or empty for one that cannot be:
// that moves, and of a length that is not known or is too much for one chunk.
func uploading(att *normalize.Attachment) string {
	fits := att.Size > 0 && att.Size <= chunkBytes
	switch {
	case att.Type == normalize.TypeVideo && fits:
		return asVideo
	case att.Type == normalize.TypeImage && mimeOf(att) != "image/gif":
		return asImage
	case att.Type == normalize.TypeImage && fits:
		return asGIF
	}
	return ""
}

// upload is what the file is called once it is with X, or the next call on the
// way there.
func (a *account) upload(att *normalize.Attachment, how string, done []normalize.Exchange) (string, *connectors.Call, error) {
	last := ""
	var data map[string]string
	if len(done) > 0 {
		last, data = done[len(done)-1].Name, done[len(done)-1].Data
	}
	id := ""
	for _, e := range done {
		if e.Data[dataMedia] != "" {
			id = e.Data[dataMedia]
		}
	}
	if last != "" && !digits(id) {
		return "", nil, errors.New("the answer did not say what the file is called")
	}
	switch {
	case last == "" && how == asImage:
		return "", a.file(opUpload, "/2/media/upload", att, imageBytes, connectors.FormField{Name: "media_category", Value: how}), nil
	case last == "":
		call, err := a.post(opInit, "/2/media/upload/initialize", struct {
			Type     string `json:"media_type"`
			Bytes    int64  `json:"total_bytes"`
			Category string `json:"media_category"`
		}{mimeOf(att), att.Size, how})
		return "", call, err
	case last == opInit:
		return "", a.file(opAppend, "/2/media/upload/"+id+"/append", att, chunkBytes, connectors.FormField{Name: "segment_index", Value: "0"}), nil
	case last == opAppend:
		call, err := a.post(opFinalize, "/2/media/upload/"+id+"/finalize", nil)
		return "", call, err
	case last == opFinalize && data[dataPending] != "":
		query := url.Values{"command": {"STATUS"}, "media_id": {id}}
		return "", a.get(opStatus, "/2/media/upload?"+query.Encode()), nil
	}
	return id, nil, nil
}

// file is the call that carries the file.
func (a *account) file(op, path string, att *normalize.Attachment, most int64, field connectors.FormField) *connectors.Call {
	return &connectors.Call{
		Name: op, Method: http.MethodPost, URL: a.base + path, Header: http.Header{},
		Upload: &connectors.Upload{
			URL: att.URL, Field: "media", Name: att.Name, MIME: att.MIME, MaxBytes: most, Fields: []connectors.FormField{field},
		},
	}
}
