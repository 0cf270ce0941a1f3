package whatsapp

import (
	"encoding/json"
	"net/http"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// answer is everything an answer of the Graph API can hold.
type answer struct {
	Messages []struct {
		ID string `json:"id"`
	} `json:"messages"`
	Contacts []struct {
		WaID   meta.Flex `json:"wa_id"`
		UserID string    `json:"user_id"`
	} `json:"contacts"`
	Success      bool        `json:"success"`
	ID           meta.Flex   `json:"id"`
	URL          string      `json:"url"`
	VerifiedName string      `json:"verified_name"`
	Number       string      `json:"display_phone_number"`
	Quality      string      `json:"quality_rating"`
	Error        *meta.Error `json:"error"`
}

// Classify reads an answer by its error code (error codes), whatever the HTTP
// status and the texts. Where there is none, a 2xx that does not say what it
// should leaves the outcome open.
func (c *connector) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	good := resp.Status >= 200 && resp.Status <= 299
	if good && call.Name == meta.OpDownload {
		return connectors.Outcome{Verdict: connectors.Done}
	}
	var a answer
	readable := json.Unmarshal(resp.Body, &a) == nil
	switch {
	case readable && a.Error != nil && (!good || a.Error.Code != ""):
		return c.failed(call, resp, a.Error)
	case good && readable:
		return c.done(call, &a)
	case good:
		return c.judge.Nonsense()
	default:
		return c.judge.WithoutCode(call, resp)
	}
}

// done reads a good answer.
func (c *connector) done(call *connectors.Call, a *answer) connectors.Outcome {
	out := connectors.Outcome{Verdict: connectors.Done}
	switch call.Name {
	case opSend, opReact:
		for _, m := range a.Messages {
			if m.ID != "" {
				out.IDs = append(out.IDs, normalize.PlatformID(m.ID))
			}
		}
		if len(out.IDs) == 0 {
			return c.judge.Nonsense()
		}
		if call.Name == opSend {
			out.Alias = alias(call, a)
		}
	case opRead, opTyping, opSubscribe:
		if !a.Success {
			return c.judge.Nonsense()
		}
	case opCheck:
		if a.ID == "" {
			return c.judge.Nonsense()
		}
		out.Data = map[string]string{"verified_name": a.VerifiedName, "display_phone_number": a.Number, "quality_rating": a.Quality}
	case opMedia:
		if a.URL == "" {
			return c.judge.Nonsense()
		}
	}
	return out
}

// alias is the id the answer knows the recipient by, when it is not the one we
// wrote to: numbers of some countries have two forms (Brazil, Mexico,
// Argentina), and webhooks will use the other one.
func alias(call *connectors.Call, a *answer) normalize.PeerID {
	var sent struct {
		To            string `json:"to"`
		Recipient     string `json:"recipient"`
		RecipientType string `json:"recipient_type"`
	}
	if len(a.Contacts) == 0 || json.Unmarshal(call.Body, &sent) != nil || sent.RecipientType == "group" {
		return ""
	}
	for _, id := range []string{string(a.Contacts[0].WaID), a.Contacts[0].UserID} {
		if id != "" && id != sent.To && id != sent.Recipient {
			return normalize.PeerID(id)
		}
	}
	return ""
}

// failed reads an answer with an error code.
func (c *connector) failed(call *connectors.Call, resp *connectors.Response, e *meta.Error) connectors.Outcome {
	class := classOf(e.Code.Int())
	switch {
	case e.Code.Int() == 0 && resp.Status == http.StatusUnauthorized:
		class = classOf(meta.CodeToken)
	case e.Code.Int() == codeInvalid && e.Subcode.Int() == subcodeGone:
		// The number does not exist or the token may not see it. For a media
		// id it means the same of that id alone.
		class = classOf(subcodeGone)
		if call.Name == opMedia {
			class.Verdict, class.Reason = connectors.Refuse, normalize.ReasonGone
		}
	case class.Verdict == "":
		return c.judge.Unlisted(call, resp, e)
	}
	return c.judge.Failed(resp, e, class)
}
