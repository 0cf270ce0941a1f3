// Package all is the list of platforms a hub can connect to.
package all

import (
	"threadhub/connectors"
	"threadhub/connectors/custom"
	"threadhub/connectors/discord"
	"threadhub/connectors/instagram"
	"threadhub/connectors/line"
	"threadhub/connectors/messenger"
	"threadhub/connectors/rcs"
	"threadhub/connectors/slack"
	"threadhub/connectors/telegram"
	"threadhub/connectors/tiktok"
	"threadhub/connectors/twilio"
	"threadhub/connectors/viber"
	"threadhub/connectors/vk"
	"threadhub/connectors/webchat"
	"threadhub/connectors/wechat"
	"threadhub/connectors/whatsapp"
	"threadhub/connectors/x"
	"threadhub/connectors/zalo"
)

// Kinds are all platforms, in the order shown to admins.
func Kinds() connectors.Set {
	return connectors.Set{
		webchat.Kind(),
		telegram.Kind(),
		whatsapp.Kind(),
		line.Kind(),
		viber.Kind(),
		messenger.Kind(),
		instagram.Kind(),
		twilio.Kind(),
		slack.Kind(),
		vk.Kind(),
		wechat.Kind(),
		zalo.Kind(),
		tiktok.Kind(),
		discord.Kind(),
		rcs.Kind(),
		x.Kind(),
		custom.Kind(),
	}
}
