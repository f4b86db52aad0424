package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report prints the table, and writes it and the raw values.
func (b *bench) report() error {
	order := []string{oursTitle, stockTitle}
	for _, c := range b.results.contenders {
		if !slices.Contains(order, c) {
			order = append(order, c)
		}
	}
	b.results.contenders = order
	table := b.table()
	fmt.Print(table)
	if b.options.out == "" {
		return nil
	}
	if err := os.MkdirAll(b.options.out, 0o755); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(b.raw(), "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.options.out, "bench.json"), append(raw, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.options.out, "bench.md"), []byte(table), 0o644)
}

// table is the results as Markdown.
func (b *bench) table() string {
	var x strings.Builder
	others := b.results.contenders[2:]
	fmt.Fprintf(&x, "| measure | ours | stock | ours ÷ stock | verdict | goal |%s\n", cells(others))
	fmt.Fprintf(&x, "|---|---|---|---|---|---|%s\n", strings.Repeat("---|", len(others)))
	for _, f := range b.results.figures {
		ours, _ := b.results.value(f, oursTitle)
		stock, _ := b.results.value(f, stockTitle)
		fmt.Fprintf(&x, "| %s | %s | %s | %s | %s | %s |%s\n", f.title, f.unit.text(ours), f.unit.text(stock),
			ratio(ours, stock), verdict(f, ours, stock), f.goal, b.others(f, others))
	}
	fmt.Fprintf(&x, "\n%s\n", b.notes())
	return x.String()
}

func cells(list []string) string {
	var x strings.Builder
	for _, c := range list {
		fmt.Fprintf(&x, " %s |", c)
	}
	return x.String()
}

func (b *bench) others(f figure, contenders []string) string {
	list := make([]string, len(contenders))
	for i, c := range contenders {
		if v, ok := b.results.value(f, c); ok {
			list[i] = f.unit.text(v)
		}
	}
	return cells(list)
}

func ratio(ours, stock float64) string {
	if stock == 0 {
		return "–"
	}
	return fmt.Sprintf("%.3g", ours/stock)
}

// verdict compares with stock.
func verdict(f figure, ours, stock float64) string {
	switch {
	case ours == stock:
		return "even"
	case ours < stock != f.unit.moreIsBetter():
		return "ahead"
	}
	return "behind"
}

// notes are what one must know to read the table.
func (b *bench) notes() string {
	o := b.options
	same := "ours and stock are the same binary with another plugin in the Corefile"
	if b.ours != b.stock {
		same = "ours and stock are different binaries"
	}
	return fmt.Sprintf(`%s, %d CPUs, load %s before and %s after; %s.
%d records, %d zones; medians of %d rounds, of %d changes; %d queries/s. The primary is knotd, on the same machine.
Memory is settled: RSS after two forced garbage collections, when it no longer changes.`,
		b.begun.Format(time.DateTime), runtime.NumCPU(), b.load, loadAverage(), same,
		o.records, o.zones, o.rounds, o.changes, o.rate)
}

// raw is what bench.json holds.
func (b *bench) raw() any {
	type line struct {
		Measure, Title, Unit string
		Values               map[string][]float64
	}
	lines := []line{}
	for _, f := range b.results.figures {
		lines = append(lines, line{f.measure, f.title, f.unit.String(), b.results.values[f]})
	}
	o := b.options
	return map[string]any{
		"begun": b.begun, "ended": time.Now(), "cpus": runtime.NumCPU(), "load": []string{b.load, loadAverage()},
		"options": map[string]int{
			"records": o.records, "zones": o.zones, "rounds": o.rounds,
			"changes": o.changes, "rate": o.rate, "seconds": o.seconds,
		},
		"same_binary": b.ours == b.stock,
		"figures":     lines,
	}
}
