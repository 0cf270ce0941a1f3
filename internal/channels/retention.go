package channels

import (
	"errors"

	"threadhub/internal/directory"
	"threadhub/internal/retention"
)

// validRetention answers a *directory.InvalidError for a policy that cannot be.
func validRetention(p retention.Policy) error {
	var wrong *retention.FieldError
	if err := p.Validate(); errors.As(err, &wrong) {
		return directory.Invalid("retention."+wrong.Field, wrong.Message)
	}
	return nil
}

// retain changes for how long what the channel holds is kept; nil leaves it.
func (r *record) retain(change func(*retention.Policy)) error {
	if change == nil {
		return nil
	}
	change(&r.Retention)
	return validRetention(r.Retention)
}
