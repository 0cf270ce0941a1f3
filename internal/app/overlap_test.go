package app_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTwoSecretsHoldWhileOneIsReplaced(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	path := "/v1/channels/" + ch
	deliver := func(secret string) int {
		body, err := json.Marshal(update(7, "hello"))
		require.NoError(t, err)
		return h.hook(ch, body, http.Header{"X-Telegram-Bot-Api-Secret-Token": {secret}, "Content-Type": {"application/json"}})
	}
	change := func(status int, body object) object { return h.must(status, http.MethodPatch, path, body, adminToken) }
	require.Nil(t, h.must(http.StatusOK, http.MethodGet, path, nil, adminToken)["former_credentials_until"])
	refused := change(http.StatusUnprocessableEntity, object{"overlap": "1h"})
	require.Equal(t, "overlap", refused["errors"].([]any)[0].(object)["field"])
	change(http.StatusUnprocessableEntity, object{"overlap": "169h", "credentials": object{"secret_token": "second-secret"}})

	got := change(http.StatusOK, object{"overlap": "1h", "credentials": object{"secret_token": "second-secret"}})
	require.NotNil(t, got["former_credentials_until"])
	require.Equal(t, []int{200, 200, 401}, []int{deliver(tgSecret), deliver("second-secret"), deliver("third-secret")})
	change(http.StatusOK, object{"overlap": "1h", "credentials": object{"secret_token": "second-secret"}})
	require.Equal(t, []int{200, 200}, []int{deliver(tgSecret), deliver("second-secret")}, "asked for twice, it is the same change")
	change(http.StatusOK, object{"name": "renamed"})
	require.Equal(t, 200, deliver(tgSecret), "another change does not end it")
	h.must(http.StatusOK, http.MethodPost, "/v1/rekey", object{"generate": true}, adminToken)
	require.Equal(t, []int{200, 200}, []int{deliver(tgSecret), deliver("second-secret")})

	change(http.StatusOK, object{"overlap": "0s"})
	require.Equal(t, []int{401, 200}, []int{deliver(tgSecret), deliver("second-secret")})
	change(http.StatusOK, object{"overlap": "1ms", "credentials": object{"secret_token": "third-secret"}})
	h.eventually("its time is over", func() bool { return deliver("second-secret") == 401 })
	require.Equal(t, 200, deliver("third-secret"))
	change(http.StatusOK, object{"credentials": object{"secret_token": "fourth-secret"}})
	require.Equal(t, []int{401, 200}, []int{deliver("third-secret"), deliver("fourth-secret")}, "at once unless asked for")
}
