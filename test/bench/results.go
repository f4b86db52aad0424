package main

import (
	"fmt"
	"slices"
)

// A figure is one line of the table.
type figure struct {
	measure, title string
	unit           unit
	of             statistic
	goal           goal
	plain          bool // not in the plot
}

// A goal is what the specification demands, at the sizes that are the defaults: a most, in the figure's unit, or as
// many times what another contender has in the same run.
type goal struct {
	most float64
	of   string
}

func (g goal) text(u unit) string {
	switch {
	case g == goal{}:
		return ""
	case g.of != "":
		return fmt.Sprintf("≤ %g × %s", g.most, g.of)
	}
	return "≤ " + u.text(g.most)
}

// limit is the goal as a value; ok is false when there is none, or it cannot be known.
func (r *results) limit(f figure) (v float64, ok bool) {
	if f.goal.of == "" {
		return f.goal.most, f.goal != goal{}
	}
	other, ok := r.value(f, f.goal.of)
	return f.goal.most * other, ok
}

type unit uint8

const (
	seconds unit = iota
	octets
	perSecond
	times
	count
	share
)

// moreIsBetter holds for one unit only: all the others are costs.
func (u unit) moreIsBetter() bool { return u == perSecond }

func (u unit) String() string {
	return [...]string{"seconds", "octets", "per second", "times", "count", "share"}[u]
}

// text is a value with the prefix that it is best read with.
func (u unit) text(v float64) string {
	switch u {
	case seconds:
		switch {
		case v >= 1:
			return fmt.Sprintf("%.2f s", v)
		case v >= 0.001:
			return fmt.Sprintf("%.3g ms", v*1e3)
		}
		return fmt.Sprintf("%.3g µs", v*1e6)
	case octets:
		switch {
		case v >= 1e6:
			return fmt.Sprintf("%.1f MB", v/1e6)
		case v >= 1e4:
			return fmt.Sprintf("%.1f KB", v/1e3)
		}
		return fmt.Sprintf("%.0f B", v)
	case times:
		return fmt.Sprintf("%.2f×", v)
	case count:
		return fmt.Sprintf("%.0f", v)
	case share:
		return fmt.Sprintf("%.2g %%", v*100)
	}
	return fmt.Sprintf("%.0f/s", v)
}

type statistic uint8

const (
	median statistic = iota
	largest
	sum
)

// over makes one value of those of several rounds.
func (s statistic) over(values []float64) float64 {
	list := slices.Sorted(slices.Values(values))
	switch n := len(list); {
	case n == 0:
		return 0
	case s == largest:
		return list[n-1]
	case s == sum:
		return total(list)
	case n%2 == 1:
		return list[n/2]
	default:
		return (list[n/2-1] + list[n/2]) / 2
	}
}

func total(list []float64) (t float64) {
	for _, v := range list {
		t += v
	}
	return t
}

// results are the raw values, by figure and contender, in the order in which they came.
type results struct {
	figures    []figure
	contenders []string
	values     map[figure]map[string][]float64
	failures   []dropout
}

// A dropout is a contender that did not get through a measure, and why.
type dropout struct{ Measure, Contender, Reason string }

// failed is an error if this contender has failed anywhere.
func (r *results) failed(contender string) error {
	for _, f := range r.failures {
		if f.Contender == contender {
			return fmt.Errorf("%s failed in %s: %s", contender, f.Measure, f.Reason)
		}
	}
	return nil
}

// declare sets the order of the lines, where it is not the one in which their values come.
func (r *results) declare(figures ...figure) {
	if r.values == nil {
		r.values = map[figure]map[string][]float64{}
	}
	for _, f := range figures {
		if r.values[f] == nil {
			r.values[f] = map[string][]float64{}
			r.figures = append(r.figures, f)
		}
	}
}

func (r *results) add(f figure, contender string, v float64) {
	r.declare(f)
	if !slices.Contains(r.contenders, contender) {
		r.contenders = append(r.contenders, contender)
	}
	r.values[f][contender] = append(r.values[f][contender], v)
}

// value is a contender's figure; ok is false when it did not take part.
func (r *results) value(f figure, contender string) (v float64, ok bool) {
	values := r.values[f][contender]
	return f.of.over(values), len(values) > 0
}
