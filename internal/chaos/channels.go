package chaos

import (
	"context"
	"fmt"
	"net/http"
)

// Secrets and accounts of the channels that Register makes.
const (
	TelegramSecret  = "tg-hook-secret"
	WhatsAppSecret  = "wa-app-secret"
	whatsappNumber  = "106000000000001"
	whatsappAccount = "206000000000001"
	messengerSecret = "fb-app-secret"
	messengerPage   = "610000000000009"
)

// Kind names a platform that is played.
type Kind string

// The platforms that are played: one whose sends come back as nothing at all,
// one that sends receipts and one that echoes.
const (
	Telegram  Kind = "telegram"
	WhatsApp  Kind = "whatsapp"
	Messenger Kind = "messenger"
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Telegram, WhatsApp, Messenger} }

// Register makes a channel whose platform is at api and answers its id.
func (h *Hub) Register(ctx context.Context, kind Kind, api string) (string, error) {
	settings := Object{"api_base_url": api}
	var credentials Object
	switch kind {
	case Telegram:
		credentials = Object{"bot_token": "7001:AAblackboxblackboxblackboxblackbox", "secret_token": TelegramSecret}
	case WhatsApp:
		credentials = Object{"access_token": "EAAblackbox", "app_secret": WhatsAppSecret, "verify_token": "vt-1"}
		settings["phone_number_id"], settings["waba_id"] = whatsappNumber, whatsappAccount
	case Messenger:
		credentials = Object{"page_access_token": "EAApageblackbox", "app_secret": messengerSecret, "verify_token": "vt-2"}
		settings["page_id"] = messengerPage
	}
	var made struct {
		ID string `json:"id"`
	}
	err := h.Call(ctx, http.StatusCreated, http.MethodPost, "/v1/channels", Object{
		"kind": kind, "name": kind, "credentials": credentials, "settings": settings,
	}, &made)
	if err != nil {
		return "", fmt.Errorf("register %s: %w", kind, err)
	}
	return made.ID, nil
}
