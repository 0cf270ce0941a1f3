package httpapi

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/schedules"
	"threadhub/threads"
)

func (s *server) answerSchedule(c *gin.Context, status int) func(schedules.Schedule, error) {
	return func(v schedules.Schedule, err error) {
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerVersioned(c, status, v.Version, scheduleView(v, s.now()))
	}
}

// ListSchedules implements GET /v1/schedules.
func (s *server) ListSchedules(c *gin.Context, params api.ListSchedulesParams) {
	limit := limitOf(params.Limit)
	list, err := s.Schedules.List(c.Request.Context(), value(params.Cursor), limit+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	list, next := cut(list, limit, func(v schedules.Schedule) string { return v.ID })
	now := s.now()
	s.answer(c, http.StatusOK, api.ScheduleList{
		Data: convert(list, func(v schedules.Schedule) api.Schedule { return scheduleView(v, now) }), NextCursor: next,
	})
}

// CreateSchedule implements POST /v1/schedules.
func (s *server) CreateSchedule(c *gin.Context, _ api.CreateScheduleParams) {
	var in api.ScheduleDraft
	if !s.decode(c, &in) {
		return
	}
	s.answerSchedule(c, http.StatusCreated)(s.Schedules.Create(c.Request.Context(), in.Name, threads.Hours{
		Zone: in.Zone, Intervals: convert(in.Intervals, weekIntervalOf), Holidays: convert(value(in.Holidays), holidayOf),
	}))
}

// GetSchedule implements GET /v1/schedules/{schedule_id}.
func (s *server) GetSchedule(c *gin.Context, id string) {
	s.answerSchedule(c, http.StatusOK)(s.Schedules.Get(c.Request.Context(), id))
}

// UpdateSchedule implements PATCH /v1/schedules/{schedule_id}.
func (s *server) UpdateSchedule(c *gin.Context, id string, params api.UpdateScheduleParams) {
	var in api.ScheduleChange
	if !s.decode(c, &in) {
		return
	}
	change := schedules.Change{Name: in.Name, Zone: in.Zone}
	var err error
	if change.IfVersion, err = expected(in.Version, params.IfMatch); err != nil {
		s.fail(c, err)
		return
	}
	if in.Intervals != nil {
		list := convert(*in.Intervals, weekIntervalOf)
		change.Intervals = &list
	}
	if in.Holidays != nil {
		list := convert(*in.Holidays, holidayOf)
		change.Holidays = &list
	}
	s.answerSchedule(c, http.StatusOK)(s.Schedules.Update(c.Request.Context(), id, change))
}

// DeleteSchedule implements DELETE /v1/schedules/{schedule_id}.
func (s *server) DeleteSchedule(c *gin.Context, id string) {
	if err := s.Schedules.Delete(c.Request.Context(), id); err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

func weekIntervalOf(i api.ScheduleWeekInterval) threads.WeekInterval {
	return threads.WeekInterval{Day: string(i.Day), Interval: threads.Interval{From: i.From, To: i.To}}
}

func intervalOf(i api.ScheduleInterval) threads.Interval {
	return threads.Interval{From: i.From, To: i.To}
}

func holidayOf(h api.ScheduleHoliday) threads.Holiday {
	return threads.Holiday{Date: h.Date, Name: value(h.Name), Intervals: convert(value(h.Intervals), intervalOf)}
}

func scheduleView(v schedules.Schedule, now time.Time) api.Schedule {
	out := api.Schedule{
		ID: v.ID, Name: v.Name, Zone: v.Zone,
		Intervals: convert(v.Intervals, func(i threads.WeekInterval) api.ScheduleWeekInterval {
			return api.ScheduleWeekInterval{Day: api.ScheduleWeekIntervalDay(i.Day), From: i.From, To: i.To}
		}),
		Holidays: convert(v.Holidays, holidayView),
		Open:     null[bool](), NextOpenAt: timeOrNull(time.Time{}),
		CreatedAt: timeView(v.CreatedAt), UpdatedAt: timeView(v.UpdatedAt), Version: v.Version,
	}
	calendar, err := threads.NewCalendar(v.Hours)
	if err != nil {
		return out // the zone is not one of this machine's
	}
	out.Open = nullable.NewNullableWithValue(calendar.Open(now))
	if !calendar.Open(now) {
		out.NextOpenAt = timeOrNull(calendar.NextOpen(now))
	}
	return out
}

func holidayView(h threads.Holiday) api.ScheduleHoliday {
	intervals := convert(h.Intervals, func(i threads.Interval) api.ScheduleInterval {
		return api.ScheduleInterval{From: i.From, To: i.To}
	})
	return api.ScheduleHoliday{Date: h.Date, Name: ptr(h.Name), Intervals: &intervals}
}
