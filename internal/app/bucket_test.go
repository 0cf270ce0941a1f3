package app_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/app"
	"threadhub/internal/blob/blobtest"
	"threadhub/internal/config"
)

// inBucket is the configuration of a hub whose files are in b.
func inBucket(t *testing.T, b *blobtest.Bucket) config.Server {
	cfg := newConfig(t)
	cfg.MediaS3Endpoint, cfg.MediaS3Region, cfg.MediaS3Bucket, cfg.MediaS3Prefix = b.Endpoint, b.Region, b.S3Options.Bucket, b.Prefix
	cfg.MediaS3AccessKey, cfg.MediaS3SecretKey, cfg.MediaS3Lookup = b.AccessKey, b.SecretKey, string(b.Lookup)
	return cfg
}

// objects counts what is in the bucket.
func objects(t *testing.T, b *blobtest.Bucket) (n int) {
	for _, err := range b.Open(t).List(t.Context(), "") {
		require.NoError(t, err)
		n++
	}
	return n
}

func TestFilesInABucketAreReadInPartsAndErased(t *testing.T) {
	const photo = "the bytes of a picture, which the platform has"
	stub := newStub(t, func(r recorded) (int, any) {
		switch {
		case strings.HasSuffix(r.path, "/getFile"):
			return 200, object{"ok": true, "result": object{"file_path": "photos/1.jpg"}}
		case strings.HasSuffix(r.path, "/photos/1.jpg"):
			return 200, photo
		}
		return 404, object{"ok": false, "error_code": 404, "description": "Not Found"}
	})
	b := blobtest.NewBucket(t)
	cfg := inBucket(t, b)
	h := startHub(t, cfg)
	ch := h.telegram(stub.URL, nil)
	require.Equal(t, 200, h.tg(ch, object{"update_id": nextID(), "message": object{
		"message_id": nextID(), "date": time.Now().Unix(),
		"from": object{"id": 61, "is_bot": false, "first_name": "Ana"}, "chat": object{"id": 61, "type": "private", "first_name": "Ana"},
		"photo": []object{{"file_id": "AgAC1", "file_unique_id": "u1", "width": 90, "height": 60, "file_size": 24}},
	}}))
	conv := h.one(ch)
	att := h.messages(conv["id"])[0]["attachments"].([]any)[0].(map[string]any)
	get := func(part string) (int, string) {
		req, err := http.NewRequest(http.MethodGet, h.base+"/v1/attachments/"+att["id"].(string), nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+adminToken)
		if part != "" {
			req.Header.Set("Range", part)
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode, string(body)
	}
	status, all := get("")
	require.Equal(t, 200, status, all)
	require.Contains(t, all, photo)
	status, part := get("bytes=5-9")
	require.Equal(t, 206, status, part)
	require.Equal(t, all[5:10], part)
	require.Len(t, stub.sent("/photos/1.jpg"), 1)
	require.Equal(t, "available", h.messages(conv["id"])[0]["attachments"].([]any)[0].(map[string]any)["state"])
	require.Equal(t, 3, objects(t, b), "bytes, note and reference")
	require.Empty(t, holding(t, cfg.DataDir, photo))

	b.Away.Store(true)
	status, body := get("")
	require.Equal(t, 503, status, body)
	b.Away.Store(false)
	status, _ = h.call("DELETE", "/v1/contacts/"+conv["contact"].(object)["id"].(string), nil, adminToken)
	require.Equal(t, 204, status, h.log.String())
	require.Zero(t, objects(t, b))
}

func TestAHubStartsWithoutItsBucketAndNotWithAWrongOne(t *testing.T) {
	b := blobtest.NewBucket(t)
	found := func(cfg config.Server) app.Finding {
		for _, f := range app.Diagnose(t.Context(), cfg, time.Now()) {
			if f.What == "files" {
				return f
			}
		}
		t.Fatal("nothing is said of the bucket")
		return app.Finding{}
	}
	cfg := inBucket(t, b)
	require.Equal(t, app.LevelGood, found(cfg).Level)
	require.Zero(t, objects(t, b))

	wrong := cfg
	wrong.MediaS3Bucket = "another"
	f := found(wrong)
	require.Equal(t, app.LevelBad, f.Level)
	require.Contains(t, f.Remedy, "THREADHUB_MEDIA_S3_BUCKET")
	_, err := app.New(t.Context(), app.Options{Config: wrong, Role: app.RoleAll, Logger: slog.New(slog.DiscardHandler)})
	require.ErrorContains(t, err, "correct THREADHUB_MEDIA_S3_BUCKET")

	b.Away.Store(true)
	require.Equal(t, app.LevelBad, found(cfg).Level)
	h := startHub(t, cfg)
	require.Contains(t, h.log.String(), "the bucket of files could not be checked")
	status, _ := h.call("GET", "/readyz", nil, "")
	require.Equal(t, 200, status, "messages need no files")
}
