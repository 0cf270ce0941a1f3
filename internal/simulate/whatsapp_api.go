package simulate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// graphPath reads a path of the Graph API: what a call is about, and which part
// of it. The version before them is not looked at.
func graphPath(path string) (node, edge string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) > 1 && strings.HasPrefix(parts[0], "v") {
		parts = parts[1:]
	}
	if len(parts) > 1 {
		edge = parts[1]
	}
	return parts[0], edge
}

// Serve answers a Graph API call.
func (w *whatsapp) Serve(call Call) Answer {
	if call.Header.Get("Authorization") != "Bearer "+w.token {
		return graphError(http.StatusUnauthorized, 190, "Invalid OAuth access token")
	}
	node, edge := graphPath(call.Path)
	switch {
	case node == "attachments":
		return Answer{Status: http.StatusOK, Type: "image/png", Body: picture(edge, 480, 320)}
	case node == w.number:
		return w.phone(call, edge)
	case node == w.account && edge == "subscribed_apps":
		return w.subscribed(call)
	case edge == "" && len(node) == 15 && call.Method == http.MethodGet:
		return w.media(call, node)
	case edge == "" && len(node) == 15 && call.Method == http.MethodDelete:
		return graphOK(map[string]any{"success": true})
	}
	return graphError(http.StatusBadRequest, 100, "Unsupported request: object does not exist or cannot be loaded")
}

// phone answers calls about the business's number.
func (w *whatsapp) phone(call Call, edge string) Answer {
	switch {
	case edge == "" && call.Method == http.MethodGet:
		return graphOK(map[string]any{"id": w.number, "display_phone_number": "+1 555-010-0199", "verified_name": "Demo shop", "quality_rating": "GREEN"})
	case edge == "media" && call.Method == http.MethodPost:
		return graphOK(map[string]any{"id": mediaID(w.wamid("upload"))})
	case edge == "messages" && call.Method == http.MethodPost:
		return w.messages(call)
	}
	return graphError(http.StatusBadRequest, 100, "Unsupported request")
}

func (w *whatsapp) subscribed(call Call) Answer {
	if call.Method == http.MethodGet {
		return graphOK(map[string]any{"data": []any{map[string]any{"whatsapp_business_api_data": map[string]any{"id": "309900000000001", "name": "Demo"}}}})
	}
	return graphOK(map[string]any{"success": true})
}

func (w *whatsapp) messages(call Call) Answer {
	in := parameters(call)
	if text(in["status"]) != "" {
		return graphOK(map[string]any{"success": true})
	}
	to := text(in["to"])
	if to == "" {
		to = text(in["recipient"])
	}
	to = strings.TrimPrefix(to, "+")
	kind := text(in["type"])
	if to == "" || kind == "" || text(in["messaging_product"]) != "whatsapp" {
		return graphError(http.StatusBadRequest, 100, "(#100) The parameter to is required.")
	}
	content := object(in[kind])
	said := text(content["body"]) + text(content["caption"]) + text(object(content["body"])["text"])
	if len([]rune(said)) > 4096 {
		return graphError(http.StatusBadRequest, 100, "(#100) Param text['body'] must be at most 4096 characters long.")
	}
	id := w.wamid(w.number + ">" + to)
	contact := map[string]any{"input": to}
	if strings.Contains(to, ".") {
		contact["user_id"] = to
	} else {
		contact["wa_id"] = to
	}
	out := graphOK(map[string]any{"messaging_product": "whatsapp", "contacts": []any{contact}, "messages": []any{map[string]any{"id": id}}})
	if kind != "reaction" {
		out.Sent = []Sent{{
			Kind: kindWhatsApp, Customer: w.owner(to), To: to, ID: id, Ref: text(in["biz_opaque_callback_data"]),
			Type: kind, Text: said, Buttons: waButtons(content), At: call.At,
		}}
	}
	return out
}

func (w *whatsapp) media(call Call, id string) Answer {
	body := picture(id, 480, 320)
	sum := sha256.Sum256(body)
	return graphOK(map[string]any{
		"messaging_product": "whatsapp", "id": id, "url": call.Base + "/attachments/" + id,
		"mime_type": "image/png", "sha256": hex.EncodeToString(sum[:]), "file_size": strconv.Itoa(len(body)),
	})
}

// owner is the cast's index of a phone number or scoped id, -1 for a stranger.
func (w *whatsapp) owner(to string) int {
	for _, c := range w.cast {
		if to == c.phone() || to == w.Person(c) {
			return c.Index
		}
	}
	return -1
}

// waButtons reads the choices of an interactive message: buttons or rows.
func waButtons(content map[string]any) []Button {
	action := object(content["action"])
	var out []Button
	list, _ := action["buttons"].([]any)
	for _, b := range list {
		reply := object(object(b)["reply"])
		out = append(out, Button{ID: text(reply["id"]), Title: text(reply["title"])})
	}
	sections, _ := action["sections"].([]any)
	for _, s := range sections {
		rows, _ := object(s)["rows"].([]any)
		for _, r := range rows {
			out = append(out, Button{ID: text(object(r)["id"]), Title: text(object(r)["title"])})
		}
	}
	return out
}

func graphOK(v any) Answer { return Answer{Status: http.StatusOK, Body: encode(v)} }

func graphError(status, code int, message string) Answer {
	return Answer{Status: status, Body: encode(map[string]any{"error": map[string]any{
		"message": message, "type": "OAuthException", "code": code, "fbtrace_id": fmt.Sprintf("A%07d", code),
	}})}
}
