package corefile

import "context"

// Task is a Worker that is one goroutine. What is a Worker that way has it embedded, and is set before Start.
type Task struct {
	Of  *Corefile
	Run func(context.Context) // until its context ends

	cancel context.CancelFunc // nil: it was not started
	done   chan struct{}
}

// Corefile implements Worker.
func (t *Task) Corefile() *Corefile { return t.Of }

// Start implements Worker.
func (t *Task) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	t.cancel, t.done = cancel, make(chan struct{})
	go func() {
		defer close(t.done)
		t.Run(ctx)
	}()
}

// Stop implements Worker. The task may not have been started.
func (t *Task) Stop() {
	if t.cancel != nil {
		t.cancel()
		<-t.done
	}
}
