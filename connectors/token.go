package connectors

import "time"

// Tokened is implemented by connectors whose calls carry a token that the
// platform hands out for a limited time. The hub keeps the token, gets a new
// one before the old ends and when an answer says that it is stale (see
// [Outcome.StaleToken]), and never gets two at once: some platforms void the
// old token with the new one, others give out a refresh token that works once.
type Tokened interface {
	// TokenCall returns the call that gets a token. now is for signed
	// assertions. nil means that there is none to get and the credentials hold
	// the token to use: Authorize is then called with an empty one, and a
	// stale token suspends the channel, for only an admin can enter another. A
	// connector that is able to get a token therefore always returns a call.
	// The call is signed (Signer) and not authorised.
	TokenCall(now time.Time) (*Call, error)
	// ReadToken reads the answer to TokenCall. What it returns for a refusal is
	// judged by Classify.
	ReadToken(resp *Response) (Token, error)
	// Authorize puts the token into a copy of a call. It sees every call but
	// TokenCall's, those to other hosts than the platform's API included (a
	// file's address): it leaves those as they are.
	Authorize(call *Call, access Secret)
}

// Lasting is implemented by [Tokened] connectors whose credentials hold a token
// that works as it is and can be changed for another one like it while it does
// (Instagram's, good for 60 days). The hub lets calls go out with it, and makes
// TokenCall in time; what ReadToken answers in Rotated takes its place. The
// former one has to stay good for calls that are under way. A refusal of
// TokenCall leaves the token in use, unless Classify suspends.
type Lasting interface {
	// RenewAfter is how long a token that an admin entered is used before it is
	// changed for the first time: platforms refuse that for tokens that are too
	// new. 0: never.
	RenewAfter() time.Duration
}

// Token is what a platform handed out.
type Token struct {
	Access Secret
	// TTL is how long it is good for, 0 when the platform does not say.
	TTL time.Duration
	// Rotated are credentials that the answer replaced (a refresh token that is
	// good once). The hub keeps them durably before it uses the token.
	Rotated map[string]Secret
}

// Signer is implemented by connectors that sign each call anew with a time and
// a value used once (OAuth 1.0a). It is the last to touch a call. nonce is 32
// random hexadecimal digits, another one each time. The body of a call with an
// Upload is not known to it: it is made afterwards.
type Signer interface {
	Sign(call *Call, now time.Time, nonce string)
}

// Upload has the hub fetch a file and send it as the call's multipart body,
// for platforms that take bytes and not addresses.
type Upload struct {
	// URL is where the file is; it is fetched under the rules for any address
	// that did not come from an admin.
	URL string
	// Field is the name of the file's part, Name and MIME what is said of it.
	// An empty Name is taken from the URL, an empty MIME found from the bytes.
	Field, Name, MIME string
	// Fields are sent before the file.
	Fields []FormField
	// MaxBytes is the platform's bound; a longer file refuses the message.
	MaxBytes int64
	// Again is set where what the platform answers to an upload may be used for
	// more than one message: the same file is then not uploaded anew.
	Again Reuse
}

// Reuse says how an upload's answer is used again.
type Reuse struct {
	For time.Duration // 0: it is not
	// Name is where an answer names the file, in steps with dots between
	// (`data.attachment_id`). An answer without it is not used again.
	Name string
}

// FormField is one plain part of a multipart body.
type FormField struct{ Name, Value string }
