package whatsapp

import (
	"encoding/json"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Kind describes the WhatsApp Business Cloud API.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "whatsapp",
		Title:       "WhatsApp Cloud API",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

const (
	kilobyte = 1 << 10
	megabyte = 1 << 20
)

// capabilities are the limits of the messages endpoint (limits; media types).
// Interactive bodies take 1,024 characters: newer pages allow lists more, not
// all do. A static sticker may have 100 KB only, which the hub cannot tell.
func capabilities() normalize.Capabilities {
	const caption, body = 1024, 1024
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: 4096, Unit: normalize.Runes},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: 5 * megabyte, MIMEs: []string{"image/jpeg", "image/png"}, Caption: caption},
			normalize.TypeVideo: {MaxBytes: 16 * megabyte, MIMEs: []string{"video/mp4", "video/3gpp"}, Caption: caption},
			normalize.TypeAudio: {MaxBytes: 16 * megabyte, MIMEs: []string{
				"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg",
			}},
			normalize.TypeFile:    {MaxBytes: 100 * megabyte, Caption: caption},
			normalize.TypeSticker: {MaxBytes: 500 * kilobyte, MIMEs: []string{"image/webp"}},
		},
		MaxAttachments: 1,
		Buttons:        &normalize.ButtonSpec{Max: 3, Title: 20, ID: 256, Text: body, URL: true, URLMax: 1},
		List:           &normalize.ListSpec{Sections: 10, Rows: 10, Button: 20, Title: 24, Description: 72, ID: 200, Text: body},
		Location:       true,
		Contacts:       true,
		Templates:      true,
		ReplyTo:        true,
		Reactions:      true,
		Typing:         true,
		ReadMarks:      true,
		Receipts:       []normalize.Status{normalize.StatusSent, normalize.StatusDelivered, normalize.StatusRead, normalize.StatusFailed},
		Inbound: []normalize.EventType{
			normalize.EventEcho, normalize.EventReceipt, normalize.EventReaction, normalize.EventEdit, normalize.EventDeletion,
			normalize.EventConsent, normalize.EventIdentity, normalize.EventChannel,
		},
		Window: &normalize.Window{Open: 24 * time.Hour, After: []normalize.MessageType{normalize.TypeTemplate}},
		// Per number, and per person one message in 6 s on average.
		Rate: rateOf(perSecond),
	}
}

// perSecond is what a new number may send.
const perSecond = 80

func rateOf(perSecond int) normalize.Rate {
	return normalize.Rate{PerSecond: float64(perSecond), Burst: perSecond, PeerEvery: pairPause, PeerBurst: 45}
}

const credentialsSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Credentials",
  "type": "object",
  "additionalProperties": false,
  "required": ["access_token", "app_secret", "verify_token"],
  "properties": {
    "access_token": {
      "title": "Access token",
      "description": "A permanent token of a system user with the permissions whatsapp_business_messaging and whatsapp_business_management. The temporary one of the dashboard ends after 24 hours.",
      "type": "string",
      "minLength": 1,
      "maxLength": 4096,
      "writeOnly": true
    },
    "app_secret": {
      "title": "App secret",
      "description": "From the app's settings, Basic. It signs every webhook; without it no event is accepted.",
      "type": "string",
      "minLength": 1,
      "maxLength": 4096,
      "writeOnly": true
    },
    "app_secret_previous": {
      "title": "Previous app secret",
      "description": "While the app secret is being changed: the one before, which is accepted as well. Remove it afterwards.",
      "type": "string",
      "maxLength": 4096,
      "writeOnly": true
    },
    "verify_token": {
      "title": "Verify token",
      "description": "Any text you choose. Enter the same in the app's webhook configuration; it proves that the address is yours.",
      "type": "string",
      "minLength": 1,
      "maxLength": 4096,
      "writeOnly": true
    }
  }
}`

const settingsSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Settings",
  "type": "object",
  "additionalProperties": false,
  "required": ["phone_number_id"],
  "properties": {
    "phone_number_id": {
      "title": "Phone number ID",
      "description": "The id of the business number, from WhatsApp, API Setup. It is not the phone number itself.",
      "type": "string",
      "pattern": "^[^\\s/?#\\p{Cc}]{1,128}$",
      "examples": ["106540352242922"]
    },
    "waba_id": {
      "title": "WhatsApp Business account ID",
      "description": "From the same page. Needed for registering the webhook from here.",
      "type": "string",
      "pattern": "^[^\\s/?#\\p{Cc}]{0,128}$",
      "examples": ["102290129340398"]
    },
    "api_version": {
      "title": "Graph API version",
      "description": "A version lives for about two years. An expired one is answered by the oldest that still lives.",
      "type": "string",
      "pattern": "^v[0-9]+\\.[0-9]+$",
      "default": "v25.0"
    },
    "messages_per_second": {
      "title": "Messages a second",
      "description": "What Meta lets the number send: 80 at first, up to 1000 once it has raised it, 20 for a number that the WhatsApp Business app uses too.",
      "type": "integer",
      "minimum": 1,
      "maximum": 1000,
      "default": 80
    },
    "api_base_url": {
      "title": "API address",
      "description": "Where the Graph API is reached, if not at Meta: a proxy or a test.",
      "type": "string",
      "format": "uri",
      "pattern": "^https?://",
      "default": "https://graph.facebook.com"
    }
  }
}`

const setup = `## Connect a WhatsApp number

1. In [Meta for Developers](https://developers.facebook.com/apps) create an app of the type **Business** and add the product **WhatsApp**.
2. Under **WhatsApp > API Setup** add your business number and note its **Phone number ID** and the **WhatsApp Business account ID**.
3. In **Business settings > System users** create a system user, give it the app and the WhatsApp account with full control, and generate a token that never expires, with the permissions **whatsapp_business_messaging** and **whatsapp_business_management**.
4. Under **App settings > Basic** copy the **App secret**.
5. Choose a **verify token**: any text that is hard to guess. Save the channel here with all of the above.
6. Under **WhatsApp > Configuration** enter this channel's webhook address as **Callback URL** and the same verify token. Meta asks for the address at once and must find this hub running, over https with a certificate of a public authority.
7. On the same page subscribe to **messages**, and to what else you want to know of: **smb_message_echoes** (answers written in the WhatsApp Business app), **user_preferences**, **message_template_status_update**, **account_update**, **phone_number_quality_update**.
8. Press **Register webhook** here. It attaches the app to the WhatsApp account, without which nothing is delivered, and sends that account's webhooks to this channel.
9. Press **Check**, then write to the number from a phone.

Several numbers of one app share one address: make a channel for each, and every event finds its own.

Free answers are possible for 24 hours after a person's latest message; after that only approved templates are.
`
