// When the page says that a photo probably shows none of the things that its model knows.
//
// SPDX-License-Identifier: MIT

// A network gives some class the highest score for any picture. With few classes there are few for a strange picture's
// scores to spread over, so that the best one is high even then.
// Measured with the built-in model: 0.7 doubts 10 % of its right answers, and 57 % of photos that show none of its classes.
// That of many classes is still a guess.
const fewClasses = 20;
const leastScoreOfFew = 0.7;
const leastScoreOfMany = 0.2;

/** True where `bestScore`, the highest of `classes` scores, is so low that the photo probably shows none of the classes. */
export function isDoubtful(bestScore: number, classes: number): boolean {
  return bestScore < (classes <= fewClasses ? leastScoreOfFew : leastScoreOfMany);
}
