package instagram

import (
	"encoding/json"

	"threadhub/connectors"
	"threadhub/connectors/meta/messaging"
	"threadhub/normalize"
)

// Kind describes the messages of professional Instagram accounts.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "instagram",
		Title:       "Instagram",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

const megabyte = 1 << 20

// capabilities are the limits of the Send API (platforms/instagram: section 3).
// Text is counted in bytes; that some pages say characters is left aside, since
// the shorter is right in either case. Media has no caption. A list becomes
// quick replies, which have no descriptions.
func capabilities() normalize.Capabilities {
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: 1000, Unit: normalize.Bytes},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: 8 * megabyte, MIMEs: []string{"image/jpeg", "image/png", "image/gif"}},
			normalize.TypeVideo: {MaxBytes: 25 * megabyte, MIMEs: []string{
				"video/mp4", "video/ogg", "video/x-msvideo", "video/avi", "video/quicktime", "video/webm",
			}},
			normalize.TypeAudio: {MaxBytes: 25 * megabyte, MIMEs: []string{
				"audio/aac", "audio/mp4", "audio/m4a", "audio/x-m4a", "audio/wav", "audio/x-wav", "audio/wave",
			}},
			normalize.TypeFile: {MaxBytes: 25 * megabyte, MIMEs: []string{"application/pdf"}},
		},
		MaxAttachments: 10,
		Buttons: &normalize.ButtonSpec{
			Max: messaging.MaxButtons, Title: messaging.MaxTitle, ID: messaging.MaxPayload, Text: messaging.MaxButtonText, URL: true, Mixed: true,
		},
		List:      &normalize.ListSpec{Sections: 1, Rows: messaging.MaxQuickReplies, Title: messaging.MaxTitle, ID: messaging.MaxPayload},
		ReplyTo:   true,
		Reactions: true,
		Typing:    true,
		ReadMarks: true,
		Receipts:  []normalize.Status{normalize.StatusRead},
		Inbound: []normalize.EventType{
			normalize.EventEcho, normalize.EventReceipt, normalize.EventReaction, normalize.EventEdit, normalize.EventDeletion,
			normalize.EventChannel,
		},
		Window: messaging.Window(),
		// The API takes 300 calls a second; 72,000 messages in a day block the
		// inbox, which the platform says itself when it comes to that.
		Rate: normalize.Rate{PerSecond: 100, Burst: 100},
	}
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
      "description": "The account's long-lived token with the permissions instagram_business_basic and instagram_business_manage_messages; for an account linked to a Facebook Page, the Page's token with instagram_basic, instagram_manage_messages, pages_manage_metadata and pages_messaging.",
      "type": "string",
      "minLength": 1,
      "maxLength": 4096,
      "writeOnly": true
    },
    "app_secret": {
      "title": "App secret",
      "description": "It signs every webhook; without it no event is accepted. With Instagram login this is the Instagram app secret, which is not the one of the app's basic settings.",
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
  "required": ["ig_user_id"],
  "properties": {
    "ig_user_id": {
      "title": "Instagram account ID",
      "description": "The id of the professional account as webhooks name it: user_id, not the id that is scoped to the app. Check tells when it is another one.",
      "type": "string",
      "pattern": "^[^\\s/?#\\p{Cc}]{1,128}$",
      "examples": ["17841405309211844"]
    },
    "login": {
      "title": "Login",
      "description": "How the account is connected: by itself (instagram), or through the Facebook Page it is linked to (facebook).",
      "type": "string",
      "enum": ["instagram", "facebook"],
      "default": "instagram"
    },
    "page_id": {
      "title": "Page ID",
      "description": "Of the linked Facebook Page, with Facebook login. Without it the token says which Page it is.",
      "type": "string",
      "pattern": "^[^\\s/?#\\p{Cc}]{0,128}$",
      "examples": ["108824017345866"]
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
      "description": "Where the Graph API is reached, if not at Meta: a proxy or a test. By default graph.instagram.com, or graph.facebook.com with Facebook login.",
      "type": "string",
      "format": "uri",
      "pattern": "^https?://"
    }
  }
}`

const setup = `## Connect an Instagram account

The account has to be a professional one (business or creator).

1. In [Meta for Developers](https://developers.facebook.com/apps) create an app of the type **Business** and add the product **Instagram**. Choose **API setup with Instagram login**, or with Facebook login if the account is linked to a Facebook Page whose token you want to use.
2. Add the account and generate a token. With Instagram login it lives for 60 days: the hub changes it for another one in time, from the day after you entered it. Should it end all the same, the channel is paused and wants a new one. With Facebook login, also turn on **Allow access to messages** in the account's settings.
3. Note the account's **user_id**, and copy the **Instagram app secret** from the same page. With Facebook login take the **App secret** from **App settings > Basic** instead.
4. Choose a **verify token**: any text that is hard to guess. Save the channel here with all of the above.
5. In the app's webhook configuration enter this channel's webhook address as **Callback URL** and the same verify token, and subscribe to **messages**, **messaging_postbacks**, **message_reactions**, **messaging_seen**, **messaging_referral**, **message_edit**, **messaging_handover** and **standby**; **comments** too if comments are to be answered in private. Meta asks for the address at once and must find this hub running, over https with a certificate of a public authority.
6. Press **Register webhook** here. It subscribes the account, without which nothing is delivered even if the fields are on in the dashboard.
7. Press **Check**, then write to the account from another one that has a role in the app. Everybody else can be heard once the app is **Live** and its permissions are approved.

Connect an account in one way only: with both, every message comes twice.

Several accounts of one app share one address: make a channel for each, and every event finds its own.

Free answers are possible for 24 hours after a person's latest message, or for 7 days with the feature **Human Agent** and the setting here. A comment can be answered in private once, within 7 days; more can be said when the person has answered.

Buttons and quick replies show in the mobile app only. Stories that people mention the account in, or reply to, are linked and not copied: they end after 24 hours.

If this hub cannot be reached for an hour, Meta stops sending webhooks and says so by e-mail: press **Register webhook** again.
`
