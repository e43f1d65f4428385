/* A plugin for Nagios whose first argument says how it behaves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static int is(char **argv, const char *what) { return strcmp(argv[1], what) == 0; }

int main(int argc, char **argv) {
	if (is(argv, "say")) { /* TEXT CODE */
		fputs(argv[2], stdout);
		exit(atoi(argv[3]));
	}
	if (is(argv, "args")) {
		int variables = 0;
		putchar('[');
		for (int i = 0; i < argc; i++)
			printf("%s\"%s\"", i ? " " : "", argv[i]);
		while (environ && environ[variables])
			variables++;
		printf("] %d", variables);
	}
	if (is(argv, "stderr")) {
		fputs("panic: not really\n", stderr);
		puts("told");
		return 1;
	}
	if (is(argv, "panic")) {
		puts("about to");
		fflush(stdout);
		abort();
	}
	if (is(argv, "loop")) {
		puts("OK so far | a=1");
		fflush(stdout);
		for (volatile int n = 0;; n++)
			;
	}
	if (is(argv, "sleep")) {
		sleep(3600);
		puts("woken");
	}
	if (is(argv, "endless")) {
		for (;;)
			puts("more and more | a=1");
	}
	if (is(argv, "flood")) {
		printf("OK | ");
		for (int i = 0; i < 20000; i++)
			printf("m%d=%d ", i, 1234567890);
	}
	if (is(argv, "hungry")) {
		volatile char *more;
		puts("OK");
		while ((more = malloc(1 << 20)))
			*more = 1;
		return 2;
	}
	return 0;
}
