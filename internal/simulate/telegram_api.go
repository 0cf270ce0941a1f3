package simulate

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Serve answers a Bot API method or a file download.
func (t *telegram) Serve(call Call) Answer {
	if path, ok := strings.CutPrefix(call.Path, "/file/bot"+t.token+"/"); ok {
		return t.file(path)
	}
	token, method, _ := strings.Cut(strings.TrimPrefix(call.Path, "/bot"), "/")
	if token != t.token {
		return tgError(http.StatusUnauthorized, "Unauthorized")
	}
	in := parameters(call)
	if strings.HasPrefix(method, "send") && method != "sendChatAction" {
		return t.send(call, method, in)
	}
	return t.manage(method, in)
}

// manage answers the methods that show the customer no message.
func (t *telegram) manage(method string, in map[string]any) Answer {
	switch method {
	case "getMe":
		return tgResult(t.bot())
	case "setWebhook":
		t.mu.Lock()
		t.webhook = text(in["url"])
		t.mu.Unlock()
		return tgResult(true)
	case "deleteWebhook":
		t.mu.Lock()
		t.webhook = ""
		t.mu.Unlock()
		return tgResult(true)
	case "getWebhookInfo":
		t.mu.Lock()
		defer t.mu.Unlock()
		return tgResult(map[string]any{"url": t.webhook, "has_custom_certificate": false, "pending_update_count": 0, "max_connections": 40})
	case "getFile":
		return t.getFile(text(in["file_id"]))
	case "getUserProfilePhotos":
		return tgResult(map[string]any{"total_count": 0, "photos": []any{}})
	case "getChat":
		return t.getChat(text(in["chat_id"]))
	case "sendChatAction", "answerCallbackQuery", "setMessageReaction", "deleteMessage", "readBusinessMessage":
		return tgResult(true)
	case "editMessageText":
		return t.edited(in)
	}
	return tgError(http.StatusNotFound, "Not Found")
}

func (t *telegram) send(call Call, method string, in map[string]any) Answer {
	to := text(in["chat_id"])
	chat, err := strconv.ParseInt(to, 10, 64)
	if err != nil {
		return tgError(http.StatusBadRequest, "Bad Request: chat not found")
	}
	said := text(in["text"])
	if said == "" {
		said = text(in["caption"])
	}
	if method == "sendMessage" && said == "" {
		return tgError(http.StatusBadRequest, "Bad Request: message text is empty")
	}
	if len(utf16.Encode([]rune(said))) > 4096 {
		return tgError(http.StatusBadRequest, "Bad Request: message is too long")
	}
	m := tgMessage{ID: t.nextMessage(chat), From: t.bot(), Chat: tgChat{ID: chat, Type: "private"}, Date: call.At.Unix(), Text: said}
	sent := Sent{
		Kind: kindTelegram, Customer: t.known(chat), To: to, ID: strconv.FormatInt(m.ID, 10),
		Type: strings.ToLower(strings.TrimPrefix(method, "send")), Text: said, Buttons: tgButtons(in), At: call.At,
	}
	out := tgResult(m)
	if method == "sendMediaGroup" {
		album, _ := in["media"].([]any)
		all := []tgMessage{m}
		for range max(len(album)-1, 0) {
			m.ID = t.nextMessage(chat)
			all = append(all, m)
		}
		out = tgResult(all)
	}
	out.Sent = []Sent{sent}
	return out
}

func (t *telegram) edited(in map[string]any) Answer {
	chat, _ := strconv.ParseInt(text(in["chat_id"]), 10, 64)
	id, _ := strconv.ParseInt(text(in["message_id"]), 10, 64)
	return tgResult(tgMessage{ID: id, From: t.bot(), Chat: tgChat{ID: chat, Type: "private"}, Text: text(in["text"])})
}

func (t *telegram) getChat(id string) Answer {
	chat, _ := strconv.ParseInt(id, 10, 64)
	i := t.known(chat)
	if i < 0 {
		return tgError(http.StatusBadRequest, "Bad Request: chat not found")
	}
	return tgResult(t.chat(t.cast[i]))
}

func (t *telegram) getFile(id string) Answer {
	if !strings.HasPrefix(id, "AgACAgI-") {
		return tgError(http.StatusBadRequest, "Bad Request: invalid file_id")
	}
	return tgResult(map[string]any{
		"file_id": id, "file_unique_id": "AQAD" + strings.TrimPrefix(id, "AgACAgI"),
		"file_size": len(tgPicture(id)), "file_path": "photos/" + id + ".png",
	})
}

func (t *telegram) file(path string) Answer {
	id, ok := strings.CutPrefix(strings.TrimSuffix(path, ".png"), "photos/")
	if !ok || !strings.HasPrefix(id, "AgACAgI-") {
		return tgError(http.StatusNotFound, "Not Found")
	}
	return Answer{Status: http.StatusOK, Type: "application/octet-stream", Body: tgPicture(id)}
}

func tgPicture(id string) []byte {
	if strings.HasSuffix(id, "-s") {
		return picture(id, 90, 60)
	}
	return picture(id, 480, 320)
}

// known is the cast's index of a chat, -1 for a stranger.
func (t *telegram) known(chat int64) int {
	if i := chat - telegramUsers; i >= 0 && i < int64(len(t.cast)) {
		return int(i)
	}
	return -1
}

// tgButtons reads an inline keyboard, given as JSON or inside a form.
func tgButtons(in map[string]any) []Button {
	markup := in["reply_markup"]
	if s, ok := markup.(string); ok {
		markup = decode([]byte(s))
	}
	rows, _ := object(markup)["inline_keyboard"].([]any)
	var out []Button
	for _, row := range rows {
		cells, _ := row.([]any)
		for _, cell := range cells {
			c := object(cell)
			if id := text(c["callback_data"]); id != "" {
				out = append(out, Button{ID: id, Title: text(c["text"])})
			}
		}
	}
	return out
}

func tgResult(v any) Answer {
	return Answer{Status: http.StatusOK, Body: encode(map[string]any{"ok": true, "result": v})}
}

func tgError(status int, description string) Answer {
	return Answer{Status: status, Body: encode(map[string]any{"ok": false, "error_code": status, "description": description})}
}

// TelegramThrottled is Telegram's answer to a bot that sends too fast.
func TelegramThrottled(seconds int) *Fault {
	return Refuse(http.StatusTooManyRequests, fmt.Sprintf(
		`{"ok":false,"error_code":429,"description":"Too Many Requests: retry after %d","parameters":{"retry_after":%d}}`, seconds, seconds))
}
