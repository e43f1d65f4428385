/* check_date reports how many days are left until a date, as a Nagios plugin
 * does: with one line that includes perfdata, and an exit code of 0, 1, 2 or 3. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
	double warn = 30, crit = 7;
	int option, length = 0;
	struct tm end = {0};

	while ((option = getopt(argc, argv, "w:c:")) != -1) {
		switch (option) {
		case 'w':
			warn = atof(optarg);
			break;
		case 'c':
			crit = atof(optarg);
			break;
		default:
			puts("DATE UNKNOWN - unknown option; use -w and -c only");
			return 3;
		}
	}
	if (optind != argc - 1 ||
	    sscanf(argv[optind], "%4d-%2d-%2d%n", &end.tm_year, &end.tm_mon, &end.tm_mday, &length) != 3 ||
	    argv[optind][length] != '\0') {
		printf("DATE UNKNOWN - usage: %s -w DAYS -c DAYS DATE, a DATE such as 2027-01-31\n", argv[0]);
		return 3;
	}
	end.tm_year -= 1900;
	end.tm_mon -= 1;

	double days = floor(difftime(timegm(&end), time(NULL)) / 86400);
	const char *state = "OK";
	int code = 0;
	if (days < crit) {
		code = 2;
		state = "CRITICAL";
	} else if (days < warn) {
		code = 1;
		state = "WARNING";
	}
	printf("DATE %s - %.0f days left until %s | 'days left'=%.0f;%g:;%g:\n", state, days, argv[optind], days, warn, crit);
	return code;
}
