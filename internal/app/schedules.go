package app

import (
	"context"
	"fmt"
	"strconv"

	"threadhub/threads"
)

// scheduleUsers names what counts in a schedule, so that it is not deleted
// from under it.
func (h *Hub) scheduleUsers(ctx context.Context, id string) ([]string, error) {
	set, err := h.settings.Get(ctx)
	if err != nil {
		return nil, err
	}
	users, err := h.rules.UsersOfSchedule(ctx, id)
	if err != nil {
		return nil, err
	}
	byRules, err := h.book.UsersOfSchedule(ctx, id)
	if err != nil {
		return nil, err
	}
	byQueues, err := h.queues.UsersOfSchedule(ctx, id)
	if err != nil {
		return nil, err
	}
	users = append(append(users, byRules...), byQueues...)
	if set.DefaultStyle.Close.ScheduleID == id {
		users = append(users, "the hub's default style")
	}
	for _, name := range threads.StyleNames {
		if set.Styles[name].Close.ScheduleID == id {
			users = append(users, "the hub's settings of "+string(name))
		}
	}
	const page = 200
	after := threads.ChannelID("")
	for {
		list, err := h.channels.List(ctx, after, page)
		if err != nil {
			return nil, fmt.Errorf("list channels: %w", err)
		}
		for _, ch := range list {
			if ch.Style.Close.ScheduleID == id {
				users = append(users, "channel "+strconv.Quote(ch.Name))
			}
		}
		if len(list) < page {
			return users, nil
		}
		after = list[len(list)-1].ID
	}
}
