package vk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Names of the calls of an upload: where to, the file itself, and having it
// kept.
const (
	opPhotoServer = "photos.getMessagesUploadServer"
	opDocServer   = "docs.getMessagesUploadServer"
	opUpload      = "upload"
	opSavePhoto   = "photos.saveMessagesPhoto"
	opSaveDoc     = "docs.save"
)

// Keys of Exchange.Data.
const (
	dataServer = "upload_url"
	dataSaved  = "attachment"
)

// saved is how VK names what was uploaded.
var saved = regexp.MustCompile(`^[a-z_]+-?[0-9]+_[0-9]+(_[0-9A-Za-z]+)?$`)

// uploads is what the part has attached, as messages.send wants it, or the next
// call on the way there.
func (c *community) uploads(all []normalize.Attachment, done []normalize.Exchange, peer int64) (string, *connectors.Call, error) {
	var names []string
	for i := range all {
		a := &all[i]
		if a.URL == "" {
			if !saved.MatchString(a.Ref) {
				return "", nil, fmt.Errorf("attachment %d has neither an address nor a name that VK gave it", i+1)
			}
			names = append(names, a.Ref)
			continue
		}
		const calls = 3
		if len(done) < calls {
			call, err := c.upload(a, done, peer)
			if err != nil {
				return "", nil, fmt.Errorf("attachment %d: %w", i+1, err)
			}
			return "", call, nil
		}
		name := done[calls-1].Data[dataSaved]
		if name == "" {
			return "", nil, fmt.Errorf("attachment %d: VK did not say what it is called", i+1)
		}
		names, done = append(names, name), done[calls:]
	}
	return strings.Join(names, ","), nil, nil
}

// upload is the call for a file after those done.
func (c *community) upload(a *normalize.Attachment, done []normalize.Exchange, peer int64) (*connectors.Call, error) {
	kind := uploadKind(a)
	switch len(done) {
	case 0:
		params := url.Values{"peer_id": {number(peer)}}
		if kind == "photo" {
			return c.call(opPhotoServer, params), nil
		}
		params.Set("type", kind)
		return c.call(opDocServer, params), nil
	case 1:
		return c.file(a, kind, done[0].Data[dataServer])
	}
	params := url.Values{}
	answer := done[1].Data
	if kind == "photo" {
		for _, name := range []string{"server", "photo", "hash"} {
			params.Set(name, answer[name])
		}
		return c.call(opSavePhoto, params), nil
	}
	params.Set("file", answer["file"])
	if a.Name != "" {
		params.Set("title", a.Name)
	}
	return c.call(opSaveDoc, params), nil
}

// uploadKind is what VK keeps a file as: pictures as photos, voice notes as
// such, and all else (moving pictures too) as documents.
func uploadKind(a *normalize.Attachment) string {
	mime, _, _ := strings.Cut(a.MIME, ";")
	switch {
	case a.Type == normalize.TypeImage && mime != "image/gif":
		return "photo"
	case a.Type == normalize.TypeAudio && (a.Voice || mime == "audio/ogg"):
		return "audio_message"
	}
	return "doc"
}

// file is the call that carries the file. The address is VK's answer; nothing
// of ours is sent along but the file.
func (c *community) file(a *normalize.Attachment, kind, server string) (*connectors.Call, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || c.base == defaultBase) {
		return nil, errors.New("the answer did not say where to upload it")
	}
	up := &connectors.Upload{URL: a.URL, Field: "file", Name: a.Name, MIME: a.MIME, MaxBytes: docBytes}
	if kind == "photo" {
		up.Field, up.MaxBytes = "photo", photoBytes
	}
	if up.Name == "" {
		up.Name = fileName(a)
	}
	return &connectors.Call{Name: opUpload, Method: http.MethodPost, URL: server, Upload: up}, nil
}

// fileName makes a name for a file that has none: VK tells the type by it.
func fileName(a *normalize.Attachment) string {
	mime, _, _ := strings.Cut(a.MIME, ";")
	extension := map[string]string{
		"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "video/mp4": "mp4", "audio/mpeg": "mp3",
		"audio/ogg": "ogg", "application/pdf": "pdf", "application/zip": "zip", "text/plain": "txt",
	}[mime]
	switch {
	case extension != "":
	case a.Type == normalize.TypeImage:
		extension = "jpg"
	default:
		extension = "bin"
	}
	return "file." + extension
}
