package threads

import (
	"testing"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/stretchr/testify/require"
)

// everyDay are hours with the same interval on all days.
func everyDay(zone, from, to string) Hours {
	h := Hours{Zone: zone}
	for day := range weekdays {
		h.Intervals = append(h.Intervals, WeekInterval{day, Interval{from, to}})
	}
	return h
}

// office is open from Monday to Friday, 09:00 to 12:00 and 13:00 to 18:00.
func office(zone string) Hours {
	h := Hours{Zone: zone}
	for _, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday"} {
		h.Intervals = append(h.Intervals, WeekInterval{day, Interval{"13:00", "18:00"}}, WeekInterval{day, Interval{"09:00", "12:00"}})
	}
	return h
}

func calendar(t testing.TB, h Hours) Calendar {
	t.Helper()
	c, err := NewCalendar(h)
	require.NoError(t, err)
	return c
}

// moment reads an RFC 3339 time, whose offset says which of two it is.
func moment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	require.NoError(t, err)
	return at
}

func TestBusinessTimePassesOnlyWhileOpen(t *testing.T) {
	christmas := office("Europe/Berlin")
	christmas.Holidays = []Holiday{{Date: "2026-12-24", Intervals: []Interval{{"09:00", "11:00"}}}, {Date: "2026-12-25", Name: "Weihnachten"}}
	night := Hours{Zone: "Europe/Berlin", Intervals: []WeekInterval{
		{"friday", Interval{"22:00", "24:00"}}, {"saturday", Interval{"00:00", "06:00"}},
	}}
	seconds := everyDay("UTC", "09:00:30", "09:00:32")
	cases := []struct {
		name  string
		hours Hours
		from  string
		d     time.Duration
		want  string
	}{
		{"within one interval", office("Europe/Berlin"), "2026-03-02T09:30:00+01:00", time.Hour, "2026-03-02T10:30:00+01:00"},
		{"over lunch", office("Europe/Berlin"), "2026-03-02T11:30:00+01:00", time.Hour, "2026-03-02T13:30:00+01:00"},
		{"until the very end of an interval", office("Europe/Berlin"), "2026-03-02T11:00:00+01:00", time.Hour, "2026-03-02T12:00:00+01:00"},
		{"a nanosecond more", office("Europe/Berlin"), "2026-03-02T11:00:00+01:00", time.Hour + 1, "2026-03-02T13:00:00.000000001+01:00"},
		{"from before opening", office("Europe/Berlin"), "2026-03-02T03:00:00+01:00", time.Minute, "2026-03-02T09:01:00+01:00"},
		{"over a weekend", office("Europe/Berlin"), "2026-03-06T17:00:00+01:00", 2 * time.Hour, "2026-03-09T10:00:00+01:00"},
		{"over a weekend in which summer time begins", office("Europe/Berlin"), "2026-03-27T17:00:00+01:00", 2 * time.Hour, "2026-03-30T10:00:00+02:00"},
		{"over a short day and a holiday", christmas, "2026-12-23T17:00:00+01:00", 4 * time.Hour, "2026-12-28T10:00:00+01:00"},
		{"across midnight", night, "2026-03-06T23:00:00+01:00", 3 * time.Hour, "2026-03-07T02:00:00+01:00"},
		{"across midnight and a week", night, "2026-03-07T05:00:00+01:00", 2 * time.Hour, "2026-03-13T23:00:00+01:00"},
		{"no time at all", office("Europe/Berlin"), "2026-03-07T05:00:00+01:00", 0, "2026-03-07T05:00:00+01:00"},
		{"less than none", office("Europe/Berlin"), "2026-03-07T05:00:00+01:00", -time.Hour, "2026-03-07T05:00:00+01:00"},
		{"windows of seconds", seconds, "2026-03-02T09:00:31.5Z", time.Second, "2026-03-03T09:00:30.5Z"},
		{"an offset of 5:45", everyDay("Asia/Kathmandu", "09:00", "17:00"), "2026-03-02T16:00:00+05:45", 2 * time.Hour, "2026-03-03T10:00:00+05:45"},
		{"a zone without summer time any more", everyDay("America/Sao_Paulo", "00:00", "24:00"), "2026-10-31T12:00:00-03:00", 24 * time.Hour, "2026-11-01T12:00:00-03:00"},
		{"a day that began at one, when that zone had it", everyDay("America/Sao_Paulo", "00:00", "02:00"), "2018-11-03T01:00:00-03:00", 90 * time.Minute, "2018-11-04T01:30:00-02:00"},
		{"a holiday in a zone far from UTC", Hours{Zone: "Pacific/Kiritimati", Intervals: everyDay("", "00:00", "24:00").Intervals, Holidays: []Holiday{{Date: "2026-01-01"}}}, "2025-12-31T23:00:00+14:00", 2 * time.Hour, "2026-01-02T01:00:00+14:00"},
		{"the day that Samoa left out", everyDay("Pacific/Apia", "09:00", "10:00"), "2011-12-29T09:30:00-10:00", time.Hour, "2011-12-31T09:30:00+14:00"},

		{"a skipped hour, New York", everyDay("America/New_York", "01:00", "04:00"), "2026-03-08T01:30:00-05:00", time.Hour, "2026-03-08T03:30:00-04:00"},
		{"a repeated hour, New York", everyDay("America/New_York", "01:00", "04:00"), "2026-11-01T01:30:00-04:00", 2 * time.Hour, "2026-11-01T02:30:00-05:00"},
		{"a skipped hour, Berlin", everyDay("Europe/Berlin", "01:00", "04:00"), "2026-03-29T01:00:00+01:00", 2 * time.Hour, "2026-03-29T04:00:00+02:00"},
		{"a repeated hour, Berlin", everyDay("Europe/Berlin", "01:00", "04:00"), "2026-10-25T01:00:00+02:00", 4 * time.Hour, "2026-10-25T04:00:00+01:00"},
		{"an interval that is skipped", everyDay("Europe/Berlin", "02:00", "03:00"), "2026-03-28T02:30:00+01:00", time.Hour, "2026-03-30T02:30:00+02:00"},
		{"an interval that begins in the skipped hour", everyDay("Europe/Berlin", "02:30", "03:30"), "2026-03-29T00:00:00+01:00", 15 * time.Minute, "2026-03-29T03:15:00+02:00"},
		{"an interval that happens twice", everyDay("Europe/Berlin", "02:15", "02:45"), "2026-10-25T02:15:00+02:00", 45 * time.Minute, "2026-10-25T02:30:00+01:00"},
		{"always open over a change is elapsed time", everyDay("Europe/Berlin", "00:00", "24:00"), "2026-10-24T12:00:00+02:00", 24 * time.Hour, "2026-10-25T11:00:00+01:00"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cal, from, want := calendar(t, c.hours), moment(t, c.from), moment(t, c.want)
			got := cal.Add(from, c.d)
			require.True(t, want.Equal(got), "want %s, got %s", want, got.In(want.Location()))
			require.Equal(t, max(c.d, 0), cal.Between(from, got))
			require.Equal(t, from.Location(), got.Location(), "in the zone that was asked in")
		})
	}
}

func TestBusinessTimeOfADay(t *testing.T) {
	for name, c := range map[string]struct {
		hours    Hours
		from, to string
		want     time.Duration
	}{
		"an ordinary night":                       {everyDay("Europe/Berlin", "00:00", "06:00"), "2026-03-28T00:00:00+01:00", "2026-03-28T12:00:00+01:00", 6 * time.Hour},
		"the night that skips an hour":            {everyDay("Europe/Berlin", "00:00", "06:00"), "2026-03-29T00:00:00+01:00", "2026-03-29T12:00:00+02:00", 5 * time.Hour},
		"the night that repeats one":              {everyDay("Europe/Berlin", "00:00", "06:00"), "2026-10-25T00:00:00+02:00", "2026-10-25T12:00:00+01:00", 7 * time.Hour},
		"the same in New York":                    {everyDay("America/New_York", "00:00", "06:00"), "2026-11-01T00:00:00-04:00", "2026-11-01T12:00:00-05:00", 7 * time.Hour},
		"no change in São Paulo":                  {everyDay("America/Sao_Paulo", "00:00", "06:00"), "2026-11-01T00:00:00-03:00", "2026-11-01T12:00:00-03:00", 6 * time.Hour},
		"no change in Kathmandu":                  {everyDay("Asia/Kathmandu", "00:00", "06:00"), "2026-03-29T00:00:00+05:45", "2026-03-29T12:00:00+05:45", 6 * time.Hour},
		"a week of the office":                    {office("Asia/Kathmandu"), "2026-03-02T00:00:00+05:45", "2026-03-09T00:00:00+05:45", 40 * time.Hour},
		"nothing between a moment and itself":     {office("Asia/Kathmandu"), "2026-03-02T10:00:00+05:45", "2026-03-02T10:00:00+05:45", 0},
		"nothing when the end is before":          {office("Asia/Kathmandu"), "2026-03-02T11:00:00+05:45", "2026-03-02T10:00:00+05:45", 0},
		"many years do not overflow":              {everyDay("UTC", "00:00", "24:00"), "0001-01-01T00:00:00Z", "2026-01-01T00:00:00Z", forever},
		"before 1970 the days have their weekday": {office("UTC"), "1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z", 40 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, calendar(t, c.hours).Between(moment(t, c.from), moment(t, c.to)))
		})
	}
}

func TestOpenAndNextOpen(t *testing.T) {
	cal := calendar(t, office("America/New_York"))
	for at, next := range map[string]string{
		"2026-03-06T17:59:59-05:00": "2026-03-06T17:59:59-05:00",
		"2026-03-06T18:00:00-05:00": "2026-03-09T09:00:00-04:00", // over the change to summer time
		"2026-03-09T09:00:00-04:00": "2026-03-09T09:00:00-04:00",
		"2026-03-09T12:00:00-04:00": "2026-03-09T13:00:00-04:00",
	} {
		require.Equal(t, at == next, cal.Open(moment(t, at)), at)
		require.True(t, moment(t, next).Equal(cal.NextOpen(moment(t, at))), at)
	}
	require.True(t, Calendar{}.NextOpen(t0).IsZero(), "the zero calendar never opens")
	require.False(t, Calendar{}.Open(t0))
}

func TestTheMostThatAnAdditionMayTake(t *testing.T) {
	weekly := Hours{Zone: "UTC", Intervals: []WeekInterval{{"sunday", Interval{"10:00", "11:00"}}}}
	cal := calendar(t, weekly)
	require.Equal(t, t0.Add(MaxCloseAfter), cal.AddWithin(t0, 96*time.Hour, MaxCloseAfter), "would take 96 weeks")
	require.Equal(t, t0.Add(2*time.Hour), cal.AddWithin(t0, time.Hour, 2*time.Hour), "ends exactly there")
	require.Equal(t, t0, cal.AddWithin(t0, time.Hour, 0))
	require.Equal(t, t0.Add(time.Minute), Calendar{}.AddWithin(t0, time.Second, time.Minute), "never open")
}

func TestWhatIsNoCalendar(t *testing.T) {
	day := func(day, from, to string) WeekInterval { return WeekInterval{day, Interval{from, to}} }
	week := []WeekInterval{day("monday", "09:00", "18:00")}
	for name, c := range map[string]struct {
		hours  Hours
		fields []string
	}{
		"an unknown zone":                          {Hours{Zone: "Europe/Atlantis", Intervals: week}, []string{"zone"}},
		"no zone":                                  {Hours{Intervals: week}, []string{"zone"}},
		"the zone of the machine":                  {Hours{Zone: "Local", Intervals: week}, []string{"zone"}},
		"a way out of the list of zones":           {Hours{Zone: "../zoneinfo/UTC", Intervals: week}, []string{"zone"}},
		"an empty week":                            {Hours{Zone: "UTC"}, []string{"intervals"}},
		"a day nobody knows":                       {Hours{Zone: "UTC", Intervals: []WeekInterval{day("segunda", "09:00", "18:00")}}, []string{"intervals[0].day"}},
		"an hour of one digit":                     {Hours{Zone: "UTC", Intervals: []WeekInterval{day("monday", "9:00", "18:00")}}, []string{"intervals[0].from"}},
		"an hour that no day has":                  {Hours{Zone: "UTC", Intervals: []WeekInterval{day("monday", "09:00", "25:00")}}, []string{"intervals[0].to"}},
		"a minute after the end of the day":        {Hours{Zone: "UTC", Intervals: []WeekInterval{day("monday", "09:00", "24:01")}}, []string{"intervals[0].to"}},
		"a beginning at the end of the day":        {Hours{Zone: "UTC", Intervals: []WeekInterval{day("monday", "24:00", "24:00")}}, []string{"intervals[0].from"}},
		"words for times":                          {Hours{Zone: "UTC", Intervals: []WeekInterval{day("monday", "noon", "")}}, []string{"intervals[0].from", "intervals[0].to"}},
		"an interval that crosses midnight":        {Hours{Zone: "UTC", Intervals: []WeekInterval{day("monday", "22:00", "06:00")}}, []string{"intervals[0].to"}},
		"an interval of no length":                 {Hours{Zone: "UTC", Intervals: []WeekInterval{day("monday", "09:00", "09:00")}}, []string{"intervals[0].to"}},
		"overlapping intervals":                    {Hours{Zone: "UTC", Intervals: append(week, day("tuesday", "09:00", "18:00"), day("monday", "17:59", "20:00"))}, []string{"intervals[2]"}},
		"an interval within another":               {Hours{Zone: "UTC", Intervals: append(week, day("monday", "12:00", "13:00"))}, []string{"intervals[1]"}},
		"a holiday on no day":                      {Hours{Zone: "UTC", Intervals: week, Holidays: []Holiday{{Date: "2026-02-30"}}}, []string{"holidays[0].date"}},
		"a holiday long ago":                       {Hours{Zone: "UTC", Intervals: week, Holidays: []Holiday{{Date: "1969-12-25"}}}, []string{"holidays[0].date"}},
		"a holiday listed twice":                   {Hours{Zone: "UTC", Intervals: week, Holidays: []Holiday{{Date: "2026-12-25"}, {Date: "2026-12-25"}}}, []string{"holidays[1].date"}},
		"overlapping intervals of a holiday":       {Hours{Zone: "UTC", Intervals: week, Holidays: []Holiday{{Date: "2026-12-25", Intervals: []Interval{{"09:00", "12:00"}, {"11:00", "13:00"}}}}}, []string{"holidays[0].intervals[1]"}},
		"several things, all of them told at once": {Hours{Zone: "x", Intervals: []WeekInterval{day("monday", "a", "12:00")}, Holidays: []Holiday{{Date: "y"}}}, []string{"zone", "intervals[0].from", "holidays[0].date"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewCalendar(c.hours)
			var wrong *HoursError
			require.ErrorAs(t, err, &wrong)
			var fields []string
			for _, p := range wrong.Problems {
				fields = append(fields, p.Field)
				require.NotEmpty(t, p.Message)
			}
			require.Equal(t, c.fields, fields, err.Error())
		})
	}
	_, err := NewCalendar(Hours{Zone: "UTC", Intervals: append(week, day("monday", "18:00", "24:00"), day("monday", "00:00:00", "09:00:00"))})
	require.NoError(t, err, "intervals may touch")
}
