package app_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/api"
	"threadhub/api/client"
)

// open answers a client of the hub with a token.
func (h *hub) open(token string) *client.ClientWithResponses {
	h.t.Helper()
	c, err := client.New(h.base, token, nil)
	require.NoError(h.t, err)
	return c
}

// TestTheGoClientHoldsATalk goes through a day with nothing but the client that
// is generated from the document: connect, be written to, read, answer, solve.
func TestTheGoClientHoldsATalk(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := telegramStub(t)
	ctx := t.Context()
	c := h.open(adminToken)

	settings := api.ChannelSettings(`{"api_base_url": "` + platform.URL + `"}`)
	made, err := c.CreateChannelWithResponse(ctx, nil, api.ChannelDraft{
		Kind: "telegram", Name: "Shop", Credentials: api.Credentials{"bot_token": "7001:AAcanarycanarycanarycanarycanary", "secret_token": tgSecret}, Settings: &settings,
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, made.StatusCode(), string(made.Body))
	ch := made.JSON201.ID

	require.Equal(t, http.StatusOK, h.tg(ch, update(41, "is it open today?")))
	var conv api.Conversation
	h.eventually("the conversation is there", func() bool {
		list, err := c.ListConversationsWithResponse(ctx, &api.ListConversationsParams{ChannelID: &[]string{ch}})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, list.StatusCode(), string(list.Body))
		if len(list.JSON200.Data) == 0 {
			return false
		}
		conv = list.JSON200.Data[0]
		return true
	})
	require.Equal(t, api.ConversationStatusNew, conv.Status)

	// The same key sends once.
	text, key := "until six", "answer-1"
	var ids []string
	for range 2 {
		sent, err := c.SendMessageWithResponse(ctx, conv.ID, &api.SendMessageParams{IdempotencyKey: &key}, api.MessageDraft{Text: &text})
		require.NoError(t, err)
		require.Equal(t, http.StatusAccepted, sent.StatusCode(), string(sent.Body))
		ids = append(ids, sent.JSON202.ID)
	}
	require.Equal(t, ids[0], ids[1])
	h.eventually("it is sent", func() bool {
		list, err := c.ListMessagesWithResponse(ctx, conv.ID, nil)
		require.NoError(t, err)
		require.Len(t, list.JSON200.Data, 2)
		return list.JSON200.Data[1].Status == api.MessageStatusSent
	})
	require.Len(t, platform.sent("/sendMessage"), 1)

	solved := api.ConversationStatusSolved
	changed, err := c.UpdateConversationWithResponse(ctx, conv.ID, nil, api.ConversationChange{Status: &solved, Version: &conv.Version})
	require.NoError(t, err)
	require.Equal(t, http.StatusConflict, changed.StatusCode(), "it is not what it was when it was read")
	require.Equal(t, "version_conflict", changed.ApplicationProblemJSONDefault.Code)
	changed, err = c.UpdateConversationWithResponse(ctx, conv.ID, nil, api.ConversationChange{Status: &solved})
	require.NoError(t, err)
	require.Equal(t, solved, changed.JSON200.Status)
	require.WithinDuration(t, time.Now(), changed.JSON200.UpdatedAt.Time, time.Hour)

	// A stranger gets a refusal that can be read.
	refused, err := h.open("").GetConversationWithResponse(ctx, conv.ID)
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, refused.StatusCode())
	require.NotNil(t, refused.ApplicationProblemJSONDefault)
}
