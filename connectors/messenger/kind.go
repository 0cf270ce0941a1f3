package messenger

import (
	"encoding/json"

	"threadhub/connectors"
	"threadhub/connectors/meta/messaging"
	"threadhub/normalize"
)

// Kind describes the Messenger Platform for Pages.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "messenger",
		Title:       "Facebook Messenger",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

const megabyte = 1 << 20

// capabilities are the limits of the Send API (platforms/messenger: section 4).
// That a text has 2,000 characters and media 8 and 25 MB is from Meta's SDKs,
// not from its pages. Media has no caption. A list becomes quick replies, which
// have no descriptions.
func capabilities() normalize.Capabilities {
	const text = 2000
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: text, Unit: normalize.Runes},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: 8 * megabyte, MIMEs: []string{"image/jpeg", "image/png", "image/gif", "image/webp"}},
			normalize.TypeVideo: {MaxBytes: 25 * megabyte},
			normalize.TypeAudio: {MaxBytes: 25 * megabyte},
			normalize.TypeFile:  {MaxBytes: 25 * megabyte},
		},
		MaxAttachments: 30,
		Buttons: &normalize.ButtonSpec{
			Max: messaging.MaxButtons, Title: messaging.MaxTitle, ID: messaging.MaxPayload, Text: messaging.MaxButtonText, URL: true, Mixed: true,
		},
		List:      &normalize.ListSpec{Sections: 1, Rows: messaging.MaxQuickReplies, Title: messaging.MaxTitle, ID: messaging.MaxPayload},
		Templates: true,
		ReplyTo:   true,
		Reactions: true,
		Typing:    true,
		ReadMarks: true,
		Receipts:  []normalize.Status{normalize.StatusSent, normalize.StatusDelivered, normalize.StatusRead},
		Inbound: []normalize.EventType{
			normalize.EventEcho, normalize.EventReceipt, normalize.EventReaction, normalize.EventEdit, normalize.EventDeletion,
			normalize.EventConsent, normalize.EventChannel,
		},
		Window: messaging.Window(normalize.TypeTemplate),
		// The API takes 300 calls a second, but beyond 40 the Page's inbox
		// breaks.
		Rate: normalize.Rate{PerSecond: 40, Burst: 40},
	}
}

const credentialsSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Credentials",
  "type": "object",
  "additionalProperties": false,
  "required": ["page_access_token", "app_secret", "verify_token"],
  "properties": {
    "page_access_token": {
      "title": "Page access token",
      "description": "A token of the Page with the permissions pages_messaging and pages_manage_metadata. One made from a long-lived user token does not expire.",
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
  "required": ["page_id"],
  "properties": {
    "page_id": {
      "title": "Page ID",
      "description": "The id of the Facebook Page, from its About section. Webhooks name the Page by it.",
      "type": "string",
      "pattern": "^[^\\s/?#\\p{Cc}]{1,128}$",
      "examples": ["108824017345866"]
    },
    "app_id": {
      "title": "App ID",
      "description": "The id of the Meta app, from its dashboard. It tells our own messages from those of other apps and of the Page's inbox, and lets the webhook be registered from here.",
      "type": "string",
      "pattern": "^[0-9]{0,32}$",
      "examples": ["1517776481860111"]
    },
    "human_agent_tag": {
      "title": "Human agents",
      "description": "Answers may be sent for 7 days instead of 24 hours. Turn this on only if people write the answers and Meta has granted the app the feature Human Agent.",
      "type": "boolean",
      "default": false
    },
    "app_secret_proof": {
      "title": "Prove the app secret",
      "description": "Adds appsecret_proof to every call. Needed if the app's advanced settings require it.",
      "type": "boolean",
      "default": false
    },
    "api_version": {
      "title": "Graph API version",
      "description": "A version lives for about two years. An expired one is answered by the oldest that still lives.",
      "type": "string",
      "pattern": "^v[0-9]+\\.[0-9]+$",
      "default": "v25.0"
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

const setup = `## Connect a Facebook Page

1. In [Meta for Developers](https://developers.facebook.com/apps) create an app of the type **Business** and add the product **Messenger**.
2. Under **Messenger > Settings**, **Access tokens**, add your Page and generate a token with the permissions **pages_messaging** and **pages_manage_metadata**. Note the Page's ID. The token dies when the person who made it changes their password or loses their role on the Page.
3. Under **App settings > Basic** copy the **App ID** and the **App secret**.
4. Choose a **verify token**: any text that is hard to guess. Save the channel here with all of the above.
5. Press **Register webhook**. With an App ID it makes the app send the webhooks of all its Pages to this channel's address, and subscribes the Page. Without one, enter the channel's webhook address and the verify token yourself under **Messenger > Settings > Webhooks**, then press it to subscribe the Page. Meta asks for the address at once and must find this hub running, over https with a certificate of a public authority.
6. Press **Check**, then write to the Page from an account that has a role in the app. Everybody else can be heard once the app is **Live** and its permissions are approved.

Several Pages of one app share one address: make a channel for each, and every event finds its own.

Free answers are possible for 24 hours after a person's latest message, or for 7 days with the feature **Human Agent** and the setting here; after that only approved utility templates are, where Meta offers them.

If another app is the Page's default one for conversations, its conversations are shown here but cannot be answered until that app hands them over or somebody takes them over in the Page's inbox.

If this hub cannot be reached for an hour, Meta stops sending webhooks and says so by e-mail: press **Register webhook** again.
`
