package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// payloads makes signed webhooks with distinct ids, so many contacts in turn.
// Messages are numbered over the whole measurement; the number is in the text.
type payloads struct {
	kind     string
	secret   string // secret token or app secret
	contacts int
	channels []channel // what a contact writes to, in turns
	began    time.Time
}

// marker is the text of message n: it finds the message again.
func marker(n int) string { return fmt.Sprintf("n%08d Good morning, is my order on its way?", n) }

// number reads a marker, false for another text.
func parseMarker(text string) (int, bool) {
	if len(text) < 9 || text[0] != 'n' {
		return 0, false
	}
	n, err := strconv.Atoi(text[1:9])
	return n, err == nil
}

// contact is who writes message n.
func (p payloads) contact(n int) int { return n % p.contacts }

// channel is where message n goes: always the same one for the same contact.
func (p payloads) channel(n int) channel { return p.channels[p.contact(n)%len(p.channels)] }

// webhook appends message n as a request to its channel's address.
func (p payloads) webhook(buf []byte, host string, n int) []byte {
	return p.webhookTo(buf, host, p.channel(n).Path, n)
}

// webhookTo appends message n as a request to path.
func (p payloads) webhookTo(buf []byte, host, path string, n int) []byte {
	body := p.body(n)
	return request(buf, host, path, p.headers(body), body)
}

func (p payloads) headers(body []byte) string {
	if p.kind == "telegram" {
		return "X-Telegram-Bot-Api-Secret-Token: " + p.secret + "\r\n"
	}
	mac := hmac.New(sha256.New, []byte(p.secret))
	_, _ = mac.Write(body)
	return "X-Hub-Signature-256: sha256=" + hex.EncodeToString(mac.Sum(nil)) + "\r\n"
}

func (p payloads) body(n int) []byte {
	who, now := p.contact(n), p.began.Unix()
	if p.kind == "telegram" {
		return fmt.Appendf(nil, `{"update_id":%d,"message":{"message_id":%d,"from":{"id":%d,"is_bot":false,"first_name":"Contact","last_name":"%d","username":"contact_%d","language_code":"en"},"chat":{"id":%d,"first_name":"Contact","last_name":"%d","username":"contact_%d","type":"private"},"date":%d,"text":%q}}`,
			100_000_000+n, 1+n, 500_000_000+who, who, who, 500_000_000+who, who, who, now, marker(n))
	}
	return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":"209900000000001","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550100199","phone_number_id":"%s"},"contacts":[{"profile":{"name":"Contact %d"},"wa_id":"1555%07d"}],"messages":[{"from":"1555%07d","id":"wamid.bench%08d","timestamp":"%d","type":"text","text":{"body":%q}}]}}]}]}`,
		p.channel(n).account, who, who, who, n, now, marker(n))
}

// reply is what the hub's API is asked to send; its text is the marker.
func reply(n int) []byte { return fmt.Appendf(nil, `{"text":%q}`, marker(n)) }

// bareReply asks the bare handler for the call that a reply comes to.
func (p payloads) bareReply(buf []byte, host string, n int) []byte {
	var body bytes.Buffer
	who, ch := p.contact(n), p.channel(n)
	if p.kind == "telegram" {
		fmt.Fprintf(&body, `{"chat_id":%d,"text":%q}`, 500_000_000+who, marker(n))
		return request(buf, host, "/sends/bot"+ch.token+"/sendMessage", "", body.Bytes())
	}
	fmt.Fprintf(&body, `{"messaging_product":"whatsapp","recipient_type":"individual","to":"1555%07d","type":"text","text":{"body":%q},"biz_opaque_callback_data":"msg_%08d"}`, who, marker(n), n)
	return request(buf, host, "/sends/v25.0/"+ch.account+"/messages", "Authorization: Bearer "+ch.token+"\r\n", body.Bytes())
}
