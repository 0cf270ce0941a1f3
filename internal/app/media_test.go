package app_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAPictureOfACustomerIsReadThroughTheHub(t *testing.T) {
	stub := newStub(t, func(r recorded) (int, any) {
		switch {
		case strings.HasSuffix(r.path, "/getFile"):
			return 200, object{"ok": true, "result": object{"file_path": "photos/" + fmt.Sprint(r.body["file_id"]) + ".jpg"}}
		case strings.HasSuffix(r.path, "/photos/AgAC1.jpg"):
			return 200, "the bytes of a picture"
		}
		return 404, object{"ok": false, "error_code": 404, "description": "Not Found"}
	})
	h := startHub(t, newConfig(t))
	ch := h.telegram(stub.URL, nil)
	require.Equal(t, 200, h.tg(ch, object{"update_id": nextID(), "message": object{
		"message_id": nextID(), "date": time.Now().Unix(), "caption": "look",
		"from": object{"id": 61, "is_bot": false, "first_name": "Ana"}, "chat": object{"id": 61, "type": "private", "first_name": "Ana"},
		"photo": []object{{"file_id": "AgAC1", "file_unique_id": "u1", "width": 90, "height": 60, "file_size": 24}},
	}}))
	att := h.messages(h.one(ch)["id"])[0]["attachments"].([]any)[0].(map[string]any)
	require.Equal(t, "remote", att["state"])
	for range 2 {
		req, err := http.NewRequest(http.MethodGet, h.base+"/v1/attachments/"+att["id"].(string), nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+adminToken)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, 200, resp.StatusCode, string(body))
		require.Equal(t, "\"the bytes of a picture\"\n", string(body))
		require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
	}
	require.Len(t, stub.sent("/photos/AgAC1.jpg"), 1, "the second reader gets the copy")
}
