package httpapi

import (
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/media"
	"threadhub/normalize"
	"threadhub/threads"
)

func authorView(a threads.Author) api.Author {
	return api.Author{Type: api.AuthorType(a.Type), ID: orNull(a.ID), Name: orNull(a.Name)}
}

func (s *server) messageView(m threads.Message) api.Message {
	content := m.Content
	return api.Message{
		ID: string(m.ID), ConversationID: string(m.ConversationID), ChannelID: string(m.ChannelID),
		Direction: api.Direction(m.Direction), Internal: m.Internal, Author: authorView(m.Author),
		Type: api.MessageType(content.Type), Text: orNull(content.Text), Attachments: s.attachmentViews(m),
		Location: pick(content.Location, locationView), Contacts: convert(content.Contacts, cardView),
		Reply: pick(content.Reply, choiceView), Buttons: convert(content.Buttons, buttonView),
		List: pick(content.List, listView), Template: pick(content.Template, templateView), Order: pick(content.Order, orderView),
		ReplyTo: quoteView(m), Reactions: convert(m.Reactions, reactionView), Referral: pick(content.Referral, referralView),
		PlatformType: ptr(content.Platform), Forwarded: ptr(content.Forwarded),
		ExternalID: externalID(m), ExternalIDs: convert(m.ExternalIDs, text[normalize.PlatformID]),
		Status: api.MessageStatus(m.Status), Error: messageErrorView(m), Losses: convert(m.Losses, lossView),
		Sequence: m.Sequence, SentAt: timeView(m.SentAt), ReceivedAt: timeOrNull(m.ReceivedAt),
		DeliveredAt: timeOrNull(m.DeliveredAt), ReadAt: timeOrNull(m.ReadAt),
		EditedAt: timeOrNull(m.EditedAt), DeletedAt: timeOrNull(m.DeletedAt), Metadata: metadataView(m.Metadata),
		Bulk: ptr(m.Bulk), ResendOf: ptr(string(m.ResendOf)), ResentAs: ptr(string(m.ResentAs)), SendAt: timePtr(m.SendAt), Version: m.Version,
	}
}

// externalID is the platform's id of the message, of its first part when it
// has several.
func externalID(m threads.Message) nullable.Nullable[string] {
	if len(m.ExternalIDs) > 0 {
		return orNull(string(m.ExternalIDs[0]))
	}
	return orNull(string(m.Content.ID))
}

func metadataView(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// attachmentViews names each attachment after its message and place, and says
// where the hub serves it. The platform's own media id and address stay inside
// the hub; an address that a client gave is shown as it is.
func (s *server) attachmentViews(m threads.Message) []api.Attachment {
	out := make([]api.Attachment, len(m.Content.Attachments))
	for i, a := range m.Content.Attachments {
		id := media.AttachmentID(m.ID, i)
		address, state := s.PublicURL+attachmentsPath+id, api.AttachmentState(s.Media.State(&m, i))
		if a.URL != "" && m.Direction == threads.Outbound && !s.Media.Ours(a.URL) {
			address, state = a.URL, api.AttachmentStateAvailable
		}
		name := a.Name
		if name != "" {
			name = media.CleanName(name)
		}
		out[i] = api.Attachment{
			ID: id, Type: api.MessageType(a.Type), MIME: orNull(a.MIME), Name: orNull(name), Size: orNull(a.Size),
			URL: orNull(address), Caption: orNull(a.Caption), State: state,
			Voice: ptr(a.Voice), Seconds: ptr(a.Seconds), Width: ptr(a.Width), Height: ptr(a.Height), Emoji: ptr(a.Emoji),
		}
	}
	return out
}

func locationView(l normalize.Location) api.Location {
	return api.Location{
		Latitude: l.Latitude, Longitude: l.Longitude, Name: ptr(l.Name), Address: ptr(l.Address), URL: ptr(l.URL),
	}
}

func cardView(c normalize.ContactCard) api.ContactCard {
	return api.ContactCard{
		Name: c.Name, Phones: convert(c.Phones, text[string]), Emails: convert(c.Emails, text[string]),
		Company: ptr(c.Company), Own: ptr(c.Own),
	}
}

func choiceView(c normalize.Choice) api.Choice {
	return api.Choice{Kind: api.ChoiceKind(c.Kind), ID: c.ID, Title: ptr(c.Title), Data: ptr(c.Data)}
}

func buttonView(b normalize.Button) api.Button {
	return api.Button{ID: ptr(b.ID), Title: b.Title, URL: ptr(b.URL)}
}

func listView(l normalize.List) api.ListMenu {
	return api.ListMenu{Button: ptr(l.Button), Sections: convert(l.Sections, func(s normalize.Section) api.ListSection {
		return api.ListSection{Title: ptr(s.Title), Rows: convert(s.Rows, func(r normalize.Row) api.ListRow {
			return api.ListRow{ID: r.ID, Title: r.Title, Description: ptr(r.Description)}
		})}
	})}
}

func templateView(t normalize.Template) api.Template {
	v := api.Template{Name: t.Name, Language: t.Language}
	if t.Components != nil {
		v.Components = &t.Components
	}
	return v
}

func orderView(o normalize.Order) api.Order {
	return api.Order{
		CatalogID: ptr(o.CatalogID), Note: ptr(o.Note),
		Items: convert(o.Items, func(i normalize.OrderItem) api.OrderItem {
			return api.OrderItem{ProductID: i.ProductID, Quantity: i.Quantity, Price: ptr(i.Price), Currency: ptr(i.Currency)}
		}),
	}
}

func quoteView(m threads.Message) nullable.Nullable[api.Quote] {
	quote := m.Content.ReplyTo
	if quote == nil && m.ReplyToID == "" {
		return null[api.Quote]()
	}
	v := api.Quote{MessageID: orNull(string(m.ReplyToID)), ExternalID: orNull(""), Text: orNull("")}
	if quote != nil {
		v.ExternalID, v.Text = orNull(string(quote.ID)), orNull(quote.Text)
	}
	return nullable.NewNullableWithValue(v)
}

func reactionView(r threads.Reaction) api.Reaction {
	return api.Reaction{Emoji: r.Emoji, Author: authorView(r.Author), At: timeView(r.At)}
}

func referralView(r normalize.Referral) api.Referral {
	return api.Referral{
		Source: r.Source, ID: ptr(r.ID), URL: ptr(r.URL), Headline: ptr(r.Headline), Body: ptr(r.Body),
		ClickID: ptr(r.ClickID), Payload: ptr(r.Payload), MediaURL: ptr(r.MediaURL),
	}
}

// messageErrorView is why an outbound message failed or, for one that came in,
// why the platform did not hand over its content.
func messageErrorView(m threads.Message) nullable.Nullable[api.MessageError] {
	failure := m.Error
	if failure == nil {
		failure = m.Content.Failure
	}
	return pick(failure, func(f normalize.Failure) api.MessageError {
		code := f.Reason
		if code == "" {
			code = normalize.ReasonUnknown
		}
		return api.MessageError{
			Code: api.MessageErrorCode(code), Message: orNull(f.Message), ProviderCode: orNull(f.Code), Retryable: f.Retryable,
		}
	})
}

func lossView(l normalize.Loss) api.Loss {
	return api.Loss{Field: l.Field, Action: l.Action, Detail: l.Detail}
}
