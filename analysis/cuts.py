"""How far apart opinions of one theme may be: the numbers of the slider, nothing to compute.

A cut is the mean cosine distance of analysis.clusters; docs/adr/0022 says how these came about.
"""

# 粗い・中くらい・細かい: at 0.87 there are as many groups as staff made; at 0.78, the coarsest such
# cut, small groups are swallowed at most half as often as there; 0.82 lies between.
NAMED = (0.87, 0.82, 0.78)
DEFAULT = 0.78
# Whole sentences of one town are more alike than its words: as fine as DEFAULT where they are mixed
# in (of 54 opinions of small groups 11 swallowed, 27 at staff's number).
WITH_SENTENCES = 0.6

COARSEST, FINEST = 0.9, 0.7
STEP = 0.01
# Every step of the slider, from the coarsest.
GRAINS = tuple(round(COARSEST - STEP * n, 2) for n in range(round((COARSEST - FINEST) / STEP) + 1))
