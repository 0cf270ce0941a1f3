package stylerules

import (
	"context"
	"fmt"
)

// UsersOfSchedule names, for people, the rules that refer to a schedule, in a
// condition or in their style.
func (r *Registry) UsersOfSchedule(ctx context.Context, schedule string) ([]string, error) {
	rules, err := r.List(ctx)
	if err != nil {
		return nil, err
	}
	var users []string
	for _, rule := range rules {
		if rule.Style.Close.ScheduleID == schedule || (rule.When.Hours != nil && rule.When.Hours.ScheduleID == schedule) {
			users = append(users, fmt.Sprintf("style rule %q", rule.Name))
		}
	}
	return users, nil
}
